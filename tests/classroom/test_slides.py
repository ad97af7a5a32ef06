import importlib.metadata
import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import ipywidgets as ipw
import nbformat
import plotly.graph_objects as go
import pytest
from bs4 import BeautifulSoup
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dqn_classroom.accessible_controls import AccessibleControls
from dqn_classroom.explorers import CliffExplorer
from dqn_classroom.figures.live import LiveFigure
from dqn_classroom.instructor.slides import files, run
from dqn_classroom.instructor.slides.__main__ import main
from dqn_classroom.instructor.slides.cells import make_static, set_slide_types, title
from dqn_classroom.instructor.slides.deck import SlideRenderer, mathml, slides_html
from dqn_classroom.instructor.slides.files import write_index
from dqn_classroom.instructor.slides.static_widgets import plot_html, static_html

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"
SECRET = "Ask before you turn: what is `b`?"

PANEL = """import os
import ipywidgets as ipw
import plotly.graph_objects as go
from IPython.display import display
from dqn_classroom.explorers import CliffExplorer
from dqn_classroom.figures.live import LiveFigure

figure = go.Figure(layout={"width": 600, "height": 300})
live, readout = LiveFigure(figure), ipw.HTML("nothing yet")
display(ipw.VBox([readout, live]))"""
# The panel above stands already, as while training; its slide shows how it ends.
LATER = """figure.add_scatter(x=[1, 2, 3], y=[2, 4, 8])
live.redraw()
readout.value = "<b>three</b> points"
print(os.environ["DQN_LESSONS_PROFILE"], os.environ["DQN_LESSONS_PROGRESS"])"""


def sample():
    """Return a notebook with all that a lesson has: text, formula, code, picture, panel, notes."""
    slide = {"slideshow": {"slide_type": "slide"}}
    noted = {**slide, "lecture": {"minutes": 3, "say": SECRET}}
    picture = (
        "from IPython.display import HTML\nfrom PIL import Image\nimport base64, io\n"
        "buffer = io.BytesIO()\nImage.new('RGB', (80, 40), 'navy').save(buffer, 'png')\n"
        "data = base64.b64encode(buffer.getvalue()).decode()\n"
        'HTML(f\'<img alt="a blue box" src="data:image/png;base64,{data}">\')'
    )
    lines = "\n".join(f"line_{i} = {i}" for i in range(60))
    return new_notebook(
        cells=[
            new_markdown_cell("# A sample\n\nSee [the next](01_next.ipynb).", metadata=slide),
            new_markdown_cell("The value is $\\frac{r}{1-\\gamma}$.", metadata=noted),
            new_code_cell(PANEL),
            new_code_cell(LATER, metadata={"slideshow": {"slide_type": "-continue"}}),
            new_markdown_cell("## Pictures", metadata=slide),
            new_code_cell(picture),
            new_code_cell(lines),
            new_markdown_cell("unseen", metadata={"slideshow": {"slide_type": "skip"}}),
            new_markdown_cell("$$\\sum_i \\gamma^i r_i$$\n\nThe end."),
        ]
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    path = tmp_path_factory.mktemp("slides") / "00_sample.ipynb"
    nbformat.write(sample(), path)
    before = path.read_bytes()
    executed = run.execute(path, "class")
    assert path.read_bytes() == before
    return executed


@pytest.fixture(scope="module")
def page(ran):
    return BeautifulSoup(slides_html(*ran, "00_sample"), "html.parser")


def outside(page):
    """Return the addresses that a page would fetch from elsewhere, besides links to click on."""
    loaded = [
        element.get(name, "")
        for element in page.find_all(lambda e: e.name != "a")
        for name in ("src", "href", "data-background-image")
    ]
    styles = " ".join(element.get_text() for element in page.find_all("style"))
    scripts = " ".join(element.get_text() for element in page.find_all("script", type="module"))
    loaded += re.findall(r"url\(\s*['\"]?([^'\")]+)", styles)
    loaded += re.findall(r"@import\s+['\"]([^'\"]+)", styles)
    loaded += re.findall(r"import[^;]*?['\"]([^'\"]+)['\"]", scripts)
    return [address for address in loaded if re.match(r"(https?:)?//", address)]


def render(text):
    return MarkdownWithMath(renderer=SlideRenderer(escape=False)).render(text)


def kinds(*cells):
    notebook = new_notebook(cells=list(cells))
    set_slide_types(notebook)
    return [cell.metadata.slideshow.slide_type for cell in notebook.cells]


def test_a_cell_without_a_type_is_a_fragment():
    cells = [*map(new_markdown_cell, ["# One", "text"]), new_code_cell("# a comment")]
    cells.append(new_code_cell("1", metadata={"slideshow": {"slide_type": ""}}))
    assert kinds(*cells) == 4 * ["fragment"]


def test_a_cell_that_names_its_type_keeps_it():
    names = ["skip", "subslide", "notes", "-", "-continue"]
    cells = [new_markdown_cell("# One", metadata={"slideshow": {"slide_type": n}}) for n in names]
    assert kinds(*cells) == ["skip", "subslide", "notes", "-", "-"]


def test_an_unknown_type_is_named():
    with pytest.raises(ValueError, match=r"slide_type = 'slides'.*it must be one of"):
        kinds(new_code_cell("1", metadata={"slideshow": {"slide_type": "slides"}}))


def test_the_title_is_the_first_heading():
    cells = [new_code_cell("# no"), new_markdown_cell("text"), new_markdown_cell("## Yes \n\nx")]
    assert title(new_notebook(cells=cells), "name") == "Yes"
    assert title(new_notebook(), "name") == "name"


def test_a_formula_becomes_mathml():
    space = "{http://www.w3.org/1998/Math/MathML}"
    tree = ElementTree.fromstring(mathml(r"\frac{r}{1-\gamma} < 2", display=True))
    assert tree.get("display") == "block"
    top, bottom = tree.find(f".//{space}mfrac")
    assert ("".join(top.itertext()), "".join(bottom.itertext())) == ("r", "1−γ")
    assert "".join(tree.itertext()).endswith("<2")


def test_an_unknown_command_is_named():
    with pytest.raises(ValueError, match=r"formula = .*nosuchthing"):
        mathml(r"\nosuchthing{x}")


def test_only_formulas_are_touched():
    made = render("A `$x$`, and $x$, and\n\n$$\ny\n$$")
    assert made.count("<math") == 2
    assert "<code>$x$</code>" in made


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_formula_of_the_course_is_known(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            render(cell.source)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("01_next.ipynb", "01_next.html"),
        ("01_next.ipynb#here", "01_next.html#here"),
        ("https://example.org/a.ipynb", "https://example.org/a.ipynb"),
        ("a.png", "a.png"),
    ],
)
def test_a_link_to_a_notebook_goes_to_its_slides(link, expected):
    assert f'href="{expected}"' in render(f"[x]({link})")


def test_a_plot_keeps_its_data_and_cannot_end_its_script():
    spec = {"data": [{"name": "</script><b>"}], "layout": {"height": 280}}
    plot = BeautifulSoup(plot_html(spec, 'a "b" <c>'), "html.parser")
    assert json.loads(plot.script.string) == spec
    assert plot.find("b") is None
    assert plot.div["aria-label"] == 'a "b" <c>'
    # 1200 / 700 is less than 560 / 280.
    assert plot.select_one(".canvas")["style"] == "width:700px;height:280px;zoom:1.714"


def test_a_panel_becomes_its_figure_its_sentence_and_its_settings():
    rate = {"options": [0.1, 0.5], "value": 0.1, "description": "rate"}
    controls = [
        ipw.FloatLogSlider(value=1e-3, min=-5, readout_format=".1e", description="α"),
        ipw.IntSlider(value=3, description="off", disabled=True),
        ipw.SelectionSlider(**rate),
        ipw.Dropdown(options=[("sixteen", 16), ("one", 1)], value=1, description="with"),
        ipw.BoundedIntText(value=7, description="case"),
    ]
    buttons = ipw.HBox([ipw.HTML("press one:"), ipw.Button(description="press")])
    bar = ipw.HBox([ipw.HTML("50%"), ipw.FloatProgress(), ipw.HTML("1/2")])
    figure = LiveFigure(go.Figure(data=[{"y": [1, 2]}]))
    readout = ipw.HTML("<b>x</b> &lt; 2")
    panel = ipw.VBox([*controls, buttons, bar, readout, figure, ipw.HTML(""), AccessibleControls()])
    page = BeautifulSoup(static_html(panel), "html.parser")
    assert page.div["aria-label"] == "x < 2"
    assert json.loads(page.script.string)["data"][0]["y"] == [1, 2]
    settings = "α = 1.0e-03 · rate = 0.1 · with = one · case = 7"
    assert page.select_one(".settings").get_text() == settings
    page.script.decompose()
    assert page.get_text() == f"x < 2{settings}"


def test_a_question_becomes_a_list():
    question = ipw.VBox([ipw.HTML("Why?"), ipw.RadioButtons(options=["a<b", "c"], index=1)])
    page = BeautifulSoup(static_html(question), "html.parser")
    assert [item.get_text() for item in page.find_all("li")] == ["○ a<b", "◉ c"]


def test_what_shows_nothing_is_empty():
    assert static_html(AccessibleControls()) == ""


def test_each_output_gets_a_static_form():
    def shown(data):
        return new_output("display_data", data)

    cell = new_code_cell(
        "1",
        outputs=[
            shown({PLOTLY: {"data": [], "layout": {}}}),
            shown({"text/html": "<details><summary>s</summary><p>a curve</p></details>"}),
            shown({WIDGET: {"model_id": "known"}, "text/plain": "repr"}),
            shown({WIDGET: {"model_id": "empty"}, "text/plain": "repr"}),
            shown({WIDGET: {"model_id": "unknown"}, "text/plain": "in words"}),
            new_output("stream", text="printed"),
        ],
    )
    make_static(new_notebook(cells=[cell]), {"known": "<b>static</b>", "empty": ""})
    plot, _, known, unknown, printed = cell.outputs
    assert 'aria-label="a curve"' in plot.data["text/html"]
    assert known.data == {"text/html": "<b>static</b>"}
    assert unknown.data == {"text/plain": "in words"}
    assert printed.text == "printed"


def test_a_run_keeps_what_each_widget_shows_at_its_end(ran):
    notebook, widgets = ran
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in sample().cells]
    assert "widgets" not in notebook.metadata
    (model,) = (
        output.data[WIDGET]["model_id"]
        for output in notebook.cells[2].outputs
        if WIDGET in output.get("data", {})
    )
    panel = BeautifulSoup(widgets[model], "html.parser")
    assert panel.div["aria-label"] == "three points"
    assert json.loads(panel.script.string)["data"][0]["y"] == [2, 4, 8]


def test_a_run_has_its_profile_and_its_own_progress(ran):
    profile, progress = ran[0].cells[3].outputs[-1].text.split()
    assert profile == "class"
    assert Path(progress).name == "progress.json"
    assert not Path(progress).parent.exists()


def test_a_cell_that_raises_is_told_in_a_sentence(tmp_path, capsys):
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), tmp_path / "bad.ipynb")
    assert main([str(tmp_path / "bad.ipynb"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "bad.ipynb: ZeroDivisionError: division by zero" in said
    assert "Remedy:" in said


def test_the_page_loads_nothing_from_elsewhere(page):
    assert outside(page) == []


def test_what_would_be_loaded_from_elsewhere_is_seen():
    text = (
        '<script src="https://a/b.js"></script><a href="https://fine.org">x</a>'
        "<style>@import '//b/c.css'; p {background: url(http://c/d)}</style>"
        '<script type="module">import m from "https://d/e.mjs"</script>'
    )
    found = outside(BeautifulSoup(text, "html.parser"))
    assert found == ["https://a/b.js", "http://c/d", "//b/c.css", "https://d/e.mjs"]


def test_the_page_has_the_slides_of_its_cells(page):
    slides = page.select(".slides > section > section")
    assert [slide.h1 is not None for slide in slides] == [True, False, False]
    assert [len(slide.select(":scope > .fragment")) for slide in slides] == [0, 1, 3]
    assert page.title.get_text() == "A sample slides"
    assert "unseen" not in page.get_text()
    assert page.select_one('a[href="01_next.html"]')
    assert len(page.find_all("math")) == 2
    assert page.find("img", alt="a blue box")


def test_what_the_presenter_says_is_only_in_the_notes(page):
    (notes,) = page.select("aside.notes")
    assert notes.get_text(" ", strip=True) == "3 min Ask before you turn: what is b ?"
    assert notes.find_parent("section").find("math")
    assert page.get_text().count("Ask before you turn") == 1


def test_the_page_finds_its_assets(page, tmp_path):
    files.copy_assets(tmp_path)
    named = [element["src"] for element in page.select("script[src]")]
    named += [element["href"] for element in page.select("link[href]")]
    assert len(named) == 6
    for name in named:
        assert (tmp_path / name).stat().st_size > 0
    for style in tmp_path.rglob("*.css"):
        wrapped = f"<style>{style.read_text(encoding='utf-8')}</style>"
        assert outside(BeautifulSoup(wrapped, "html.parser")) == []


def test_a_page_without_plots_does_not_load_plotly():
    text = slides_html(new_notebook(cells=[new_markdown_cell("# One")]), {}, "one")
    assert "plotly" not in text


def test_without_reveal_the_remedy_is_said(tmp_path, monkeypatch, capsys):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(files, "distribution", absent)
    nbformat.write(sample(), tmp_path / "a.ipynb")
    assert main([str(tmp_path / "a.ipynb"), "--no-run", "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert "sphinx-revealjs is not installed" in said
    assert "pip install sphinx-revealjs" in said


def test_slides_of_what_the_files_hold(tmp_path, capsys):
    for name in ("00_a", "01_b"):
        nbformat.write(sample(), tmp_path / f"{name}.ipynb")
        out = str(tmp_path / "out")
        assert main([str(tmp_path / f"{name}.ipynb"), "--no-run", "--out", out]) == 0
    listed = BeautifulSoup((tmp_path / "out/index.html").read_text(encoding="utf-8"), "html.parser")
    links = {link["href"]: link.get_text() for link in listed.select("li a")}
    assert links == {"00_a.html": "A sample", "01_b.html": "A sample"}
    assert all((tmp_path / "out" / name).is_file() for name in links)
    assert outside(listed) == []
    assert "index.html" in capsys.readouterr().out


def test_the_index_does_not_list_itself(tmp_path):
    (tmp_path / "a.html").write_text("<title>A &amp; B slides</title>", encoding="utf-8")
    write_index(tmp_path)
    text = write_index(tmp_path).read_text(encoding="utf-8")
    assert text.count("<li><a") == 1
    assert ">A &amp; B</a>" in text


def test_a_missing_notebook_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["nothing.ipynb"]) == 1
    said = capsys.readouterr().err
    assert "there is no" in said
    assert "Remedy:" in said


def test_the_cliff_becomes_its_grid_its_sentence_and_its_settings():
    page = BeautifulSoup(static_html(CliffExplorer()), "html.parser")
    assert page.div["aria-label"] == "13 steps, 1 above the cliff The start is worth -13.00."
    assert json.loads(page.script.string)["data"][0]["type"] == "heatmap"
    settings = page.select_one(".settings").text
    assert settings == "values = computed, by sweeps · discount γ = 1.0 · slip probability = 0"
