"""The command `serve`: an HTTP server with the REST routes of TensorFlow Serving and of LibreTranslate."""
