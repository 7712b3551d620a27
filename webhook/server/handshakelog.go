package server

import (
	"log"
	"strings"

	"github.com/go-logr/logr"
)

// handshakeLog passes on what net/http reports about connections. A client that
// does not trust our certificate shows up here and nowhere else, so that is said
// aloud; a connection that was opened and closed again (a port scan, a TCP
// probe) is not.
func handshakeLog(l logr.Logger) *log.Logger {
	return log.New(logWriter{l}, "", 0)
}

// logWriter is an io.Writer that makes a log line of every write.
type logWriter struct{ log logr.Logger }

func (w logWriter) Write(p []byte) (int, error) {
	text := strings.TrimSpace(string(p))
	if strings.HasSuffix(text, ": EOF") || strings.Contains(text, "connection reset by peer") {
		w.log.V(1).Info("Connection problem", "detail", text)
	} else {
		w.log.Info("Connection problem", "detail", text)
	}
	return len(p), nil
}
