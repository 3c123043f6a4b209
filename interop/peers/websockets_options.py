"""What Python websockets is told of permessage-deflate, as a client and as a server."""


def extensions(arguments, factory, client_max_window_bits):
    """permessage-deflate made by `factory`, if it is wanted; the last argument holds where no window is asked for."""
    if not arguments.deflate:
        return None
    deflate = factory(
        server_no_context_takeover=arguments.no_server_context,
        client_no_context_takeover=arguments.no_client_context,
        server_max_window_bits=arguments.server_window,
        client_max_window_bits=arguments.client_window or client_max_window_bits,
    )
    return [deflate]
