class PageRoutes:
    """The page at `/`.

    Args:
        service: the `TranslationService`.
    """

    def __init__(self, service):
        self._service = service

    def has(self, path):
        return False

    def answer(self, path):
        raise NotImplementedError
