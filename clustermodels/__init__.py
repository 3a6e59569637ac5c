"""Policy effects in regional clusters: one document, from data to a counterfactual answer."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
