"""Words in the languages we speak."""

Text = dict[str, str]  # a text by language: "en", "zh"
