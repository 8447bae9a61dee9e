class RequestError(Exception):
    """A request that the server refuses, with the status and the message of its response.

    Args:
        status: the HTTP status, such as 400.
        message: one line for the client. It does not contain the texts of other requests.
        headers: headers of the response, a dictionary. Default None.
    """

    def __init__(self, status, message, headers=None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
