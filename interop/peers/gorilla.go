// gorilla/websocket as a client or a server. With a URL it is a client: it prints the agreement, sends messages and
// checks the echoes. Without one it is a server: it sends one text message if
// there is one, and then echoes. With -echo the client echoes until the server closes.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// The linker sets the version, because the library does not know it.
var version = "unknown"

type names []string

func (list *names) String() string { return strings.Join(*list, ",") }

func (list *names) Set(name string) error {
	*list = append(*list, name)
	return nil
}

func main() {
	log.SetFlags(0)
	showVersion := flag.Bool("version", false, "")
	message := flag.String("message", "", "")
	deflate := flag.Bool("deflate", false, "")
	echoes := flag.Bool("echo", false, "")
	// gorilla never keeps a context between messages, on either side, so these options change nothing.
	flag.Bool("no-server-context", false, "")
	flag.Bool("no-client-context", false, "")
	var subprotocols names
	flag.Var(&subprotocols, "subprotocol", "")
	flag.Parse()
	if *showVersion {
		fmt.Printf("gorilla %s (%s)\n", version, runtime.Version())
	} else if *echoes {
		dialer := websocket.Dialer{EnableCompression: os.Getenv("WS_DEFLATE") == "1"}
		if offered := os.Getenv("WS_SUBPROTOCOLS"); offered != "" {
			dialer.Subprotocols = strings.Split(offered, ",")
		}
		if seconds, err := strconv.Atoi(os.Getenv("WS_TIMEOUT")); err == nil {
			dialer.HandshakeTimeout = time.Duration(seconds) * time.Second
		}
		socket, _, err := dialer.Dial(flag.Arg(0), nil)
		check(err)
		defer socket.Close()
		echo(socket)
	} else if url := flag.Arg(0); url != "" {
		dialer := websocket.Dialer{Subprotocols: subprotocols, EnableCompression: *deflate}
		connect(dialer, url, *message)
	} else {
		upgrader := websocket.Upgrader{Subprotocols: subprotocols, EnableCompression: *deflate}
		serve(upgrader, *message)
	}
}

func connect(dialer websocket.Dialer, url string, message string) {
	socket, response, err := dialer.Dial(url, nil)
	check(err)
	fmt.Printf("status: %d\n", response.StatusCode)
	if extensions := response.Header.Get("Sec-WebSocket-Extensions"); extensions != "" {
		fmt.Printf("extensions: %s\n", extensions)
	}
	if socket.Subprotocol() != "" {
		fmt.Printf("subprotocol: %s\n", socket.Subprotocol())
	}
	kinds := []int{websocket.TextMessage, websocket.BinaryMessage, websocket.TextMessage}
	for place, kind := range kinds {
		check(socket.WriteMessage(kind, []byte(message)))
		receivedKind, received, err := socket.ReadMessage()
		check(err)
		if receivedKind != kind || string(received) != message {
			log.Fatalf("message %d came back changed", place)
		}
	}
	fmt.Printf("echoed: %d\n", len(kinds))
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	check(socket.WriteMessage(websocket.CloseMessage, goodbye))
	// The close frame of the other side is reported as an error.
	_, _, _ = socket.ReadMessage()
	check(socket.Close())
}

func serve(upgrader websocket.Upgrader, message string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Printf("listening on ws://%s/\n", listener.Addr())
	check(http.Serve(listener, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		socket, err := upgrader.Upgrade(response, request, nil)
		if err != nil {
			log.Print(err)
			return
		}
		defer socket.Close()
		if message != "" && socket.WriteMessage(websocket.TextMessage, []byte(message)) != nil {
			return
		}
		echo(socket)
	})))
}

func echo(socket *websocket.Conn) {
	for {
		kind, received, err := socket.ReadMessage()
		if err != nil || socket.WriteMessage(kind, received) != nil {
			return
		}
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
