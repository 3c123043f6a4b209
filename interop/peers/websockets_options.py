"""The settings of permessage-deflate for Python websockets, as a client and as a server."""


def extensions(arguments, factory, client_max_window_bits):
    """Makes permessage-deflate with `factory`, if it is wanted. The last argument is the default of the window."""
    if not arguments.deflate:
        return None
    deflate = factory(
        server_no_context_takeover=arguments.no_server_context,
        client_no_context_takeover=arguments.no_client_context,
        server_max_window_bits=arguments.server_window,
        client_max_window_bits=arguments.client_window or client_max_window_bits,
    )
    return [deflate]
