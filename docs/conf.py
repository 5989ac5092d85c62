"""The site: `pip install -e ".[docs]"`, then `sphinx-build -W -j 2 docs build/site`."""

import sys
from pathlib import Path

import carecircles

sys.path.insert(0, str(Path(__file__).parent))

project = "carecircles"
author = "The carecircles authors"
copyright = author
version = release = carecircles.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "making.formulas",
    "making.pages",
    "making.running",
    "making.searching",
]
exclude_patterns = ["making", "Thumbs.db"]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}

# A notebook is executed anew each time the site is made from nothing; one that fails is a warning with its cell.
nb_execution_mode = "cache"
nb_execution_timeout = 240
nb_execution_show_tb = True
nb_execution_excludepatterns = ["*.md"]
nb_ipywidgets_js = {}  # which would come from the network
nb_merge_streams = True

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
add_module_names = False
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False
default_role = "code"
html_math_renderer = "mathml"

nitpicky = True
nitpick_ignore_regex = [  # types of Python, of other libraries, and what numpydoc writes in words
    ("py:(class|obj|exc|data|func|meth|attr|mod)", r".*"),
]

html_theme = "pydata_sphinx_theme"
html_title = "carecircles"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_search_language = "both"
html_show_search_summary = (
    False  # for which a browser would have to read pages, which it may not from disk
)
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "navigation_depth": 3,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}


def say_language(app, pagename, templatename, context, doctree):  # noqa: ARG001  # sphinx calls it so
    """A page in Chinese says so to browsers and screen readers."""
    if pagename.startswith("zh/"):
        context["language"] = "zh-Hans"


def setup(app):
    app.connect("html-page-context", say_language)
