"""The class summary: many progress files in, one page of counts out, and no names.

``python -m dqn_classroom.instructor.class_summary FOLDER`` reads what students handed in. A file is
data: it is parsed, checked and counted, never executed, and a bad one is left out.
"""
