import socket

from keras_transformer.serving.listening_socket import listening_socket


def test_connections_send_small_parts_at_once():
    with listening_socket("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
