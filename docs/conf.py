"""The docs site: `python -m sphinx -W docs docs/_build/html`; what is peculiar to it stands in `_ext/`."""

import os
import sys
from pathlib import Path

import evalkit

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "evalkit"
author = "The evalkit developers"
copyright = author  # noqa: A001
version = release = evalkit.__version__
language = "en"

extensions = ["sphinx.ext.autodoc", "numpydoc", "myst_nb", "han_search", "docstrings", "pages"]
exclude_patterns = ["**/.*"]

# Pages: Markdown as it is read in the repository
myst_heading_anchors = 4
nb_execution_mode = (
    "auto"  # notebooks store no outputs: the site shows what they say today; -D nb_execution_mode=off for a quick build
)
_run = os.environ.get("EVALKIT_SITE_RUN")  # where set: the one notebook to run
nb_execution_excludepatterns = [
    f"notebooks/{one.name}"
    for one in (Path(evalkit.__file__).parents[1] / "notebooks").glob("*.ipynb")
    if _run not in (None, one.stem)
]
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_ipywidgets_js = {}  # a widget is shown as the table that stands in for it: its scripts would come from another host
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]

# Reference: the docstrings
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
add_module_names = False
numpydoc_show_class_members = False
default_role = "py:obj"  # `name` is a link where it names something public, and code elsewhere

# Looks: nothing from another host
html_theme = "pydata_sphinx_theme"
html_title = "evalkit"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {"index": [], "gallery": [], "README.*": []}
html_search_language = "zh-en"
html_copy_source = False
html_show_sphinx = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 7,
    "show_prev_next": False,
    "show_toc_level": 2,
    "collapse_navigation": True,
    "navigation_with_keys": False,
    "pygments_light_style": "default",
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
