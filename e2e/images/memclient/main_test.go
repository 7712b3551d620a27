package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func TestCallsAreCountedByTheNodeThatAnswered(t *testing.T) {
	addr := startMemcached(t)
	if err := run(t.Context(), []string{"-set", "-addr", addr, "-node", "node-1"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-addr", addr, "-n", "5"}, &out); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.TrimSpace(out.String()), `{"total":5,"failed":0,"by":{"node-1":5},"errors":{}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFailedCallsAreCountedByKind(t *testing.T) {
	tests := map[string]struct {
		addr func(*testing.T) string
		want string
	}{
		"nobody listens":     {refusing, "refused"},
		"nobody marked it":   {startMemcached, "not set"},
		"it answers nothing": {silent, "timeout"},
		"it closes at once":  {closing, "closed"},
		"it is no memcached": {babbling, `unexpected answer "HTTP/1.1 400"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := caller{addr: test.addr(t), limit: 100_000_000}
			got := c.run(t.Context(), 2)
			if got.Failed != 2 || got.Errors[test.want] != 2 {
				t.Errorf("got %+v, want 2 errors %q", got, test.want)
			}
		})
	}
}

func TestHTTPRunsTheCallsThatAreAskedFor(t *testing.T) {
	addr := startMemcached(t)
	if err := run(t.Context(), []string{"-set", "-addr", addr, "-node", "node-2"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	handler(caller{limit: 1e9}).ServeHTTP(answer, httptest.NewRequest("GET", "/run?n=3&addr="+addr, nil))
	var got counts
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got.By["node-2"] != 3 {
		t.Errorf("got %s, %v, want 3 answers of node-2", answer.Body, err)
	}
}

func TestHTTPRefusesWhatItCannotRun(t *testing.T) {
	for _, query := range []string{"", "?n=0&addr=x", "?n=2000000&addr=x", "?n=1", "?n=1&addr=x&interval=often"} {
		answer := httptest.NewRecorder()
		handler(caller{}).ServeHTTP(answer, httptest.NewRequest("GET", "/run"+query, nil))
		if answer.Code != 400 {
			t.Errorf("%q: got %d %s, want 400", query, answer.Code, answer.Body)
		}
	}
}

// startMemcached is as much of a memcached as the client speaks to.
func startMemcached(t *testing.T) string {
	var values sync.Map
	return serveEach(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			fields := strings.Fields(line)
			if fields[0] == "set" {
				value, _ := in.ReadString('\n')
				values.Store(fields[1], strings.TrimSpace(value))
				fmt.Fprint(conn, "STORED\r\n")
				continue
			}
			if value, ok := values.Load(fields[1]); ok {
				fmt.Fprintf(conn, "VALUE %s 0 %d\r\n%s\r\n", fields[1], len(value.(string)), value)
			}
			fmt.Fprint(conn, "END\r\n")
		}
	})
}

func silent(t *testing.T) string {
	return serveEach(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
}

func closing(t *testing.T) string {
	return serveEach(t, func(conn net.Conn) { _, _ = bufio.NewReader(conn).ReadString('\n') })
}

func babbling(t *testing.T) string {
	return serveEach(t, func(conn net.Conn) {
		_, _ = bufio.NewReader(conn).ReadString('\n')
		fmt.Fprint(conn, "HTTP/1.1 400\r\n")
	})
}

func refusing(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	return listener.Addr().String()
}

func serveEach(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}
