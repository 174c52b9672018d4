"""CSS into style attributes: the only module that knows premailer."""

import logging


def inline(html: str) -> str:
    """The document with its stylesheet inlined; style blocks marked to be ignored stay as they are.

    Nothing is fetched. Media queries belong into an ignored block.
    """
    from premailer import Premailer  # a worker that only delivers never needs it

    return str(
        Premailer(
            html,
            strip_important=False,
            allow_network=False,
            remove_classes=False,
            keep_style_tags=False,
            include_star_selectors=False,
            disable_validation=True,
            # Outlook wants a photo's pixels, which premailer would replace by the style's per cent.
            disable_basic_attributes=["width", "height"],
            cssutils_logging_level=logging.CRITICAL,
        ).transform()
    )
