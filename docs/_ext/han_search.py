"""Search in both languages without a dictionary: Chinese by pairs of neighboring characters, English by stems.

Chinese has no spaces. 耦合协调度 is stored as 耦合, 合协, 协调, 调度, and what a reader types is cut the same way, so that any
part of a phrase finds it. Single characters are stored too.
"""

import re

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

RUN = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")


class HanAndEnglish(SearchEnglish):
    """Pairs of Chinese characters, and English stems."""

    lang = "zh-en"
    language_name = "English"  # whose stemmer the page loads
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[\p{Letter}\p{Number}_])+/gu) || []).flatMap((run) =>
    /[\u3400-\u9fff]/.test(run) && run.length > 1
      ? Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))
      : [run],
  );
"""

    def split(self, input: str) -> list[str]:  # noqa: A002
        """The words of a text: pairs and single characters of Chinese runs, and runs of other letters whole."""
        words: list[str] = []
        for run in RUN.findall(input):
            if "\u3400" <= run[0] <= "\u9fff":
                words += [run[i : i + 2] for i in range(len(run) - 1)]
                words += run
            else:
                words.append(run)
        return words


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the language to Sphinx."""
    app.add_search_language(HanAndEnglish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
