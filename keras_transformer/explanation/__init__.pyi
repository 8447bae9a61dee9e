from .explain import explain
from .page_path import check_page_path

__all__ = [
    "check_page_path",
    "explain",
]
