package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func pair(t *testing.T) (client net.Conn) {
	t.Helper()
	client, ours := net.Pipe()
	t.Cleanup(func() { client.Close() })
	go server{name: "node-1 pod-a"}.converse(ours)
	return client
}

func TestEveryLineIsAnsweredOnOneConnection(t *testing.T) {
	client := pair(t)
	answers := bufio.NewReader(client)
	for range 3 {
		fmt.Fprintln(client, "hello")
		if got, err := answers.ReadString('\n'); got != "node-1 pod-a\n" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
}

func TestTheServerClosesAfterBye(t *testing.T) {
	client := pair(t)
	fmt.Fprintln(client, bye)
	if got, err := io.ReadAll(client); string(got) != "node-1 pod-a\n" || err != nil {
		t.Errorf("got %q, %v, want one answer and the end", got, err)
	}
}

func TestUnreadyClosesThePortAndReadyOpensIt(t *testing.T) {
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().String()
	probe.Close()
	g := &gate{address: address}
	if err := g.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.close() })
	for _, step := range []struct {
		order string
		open  bool
	}{{"/unready", false}, {"/unready", false}, {"/ready", true}, {"/ready", true}} {
		answer := httptest.NewRecorder()
		handler(g).ServeHTTP(answer, httptest.NewRequest("GET", step.order, nil))
		if answer.Code != 200 {
			t.Fatalf("%s: %d %s", step.order, answer.Code, answer.Body)
		}
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		if (err == nil) != step.open {
			t.Errorf("after %s: dialing gives %v, want open %v", step.order, err, step.open)
		}
	}
}

func TestDatagramsAreTakenAtEveryAddressOfThePod(t *testing.T) {
	got, err := udpAddresses(":8080", "10.244.0.7,fd00::7")
	if want := []string{"10.244.0.7:8080", "[fd00::7]:8080"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestDatagramsAreAnsweredByTheAddressThatWasAsked(t *testing.T) {
	probe, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.LocalAddr().String()
	probe.Close()
	go server{name: "node-1 pod-a"}.serveUDP(address)
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answer := make([]byte, 100)
	for {
		fmt.Fprint(conn, "hello")
		n, err := conn.Read(answer)
		if err != nil && strings.Contains(err.Error(), "refused") {
			continue // It does not listen yet.
		}
		if got := string(answer[:n]); got != "node-1 pod-a\n" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		return
	}
}
