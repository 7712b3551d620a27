package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// echo answers like the program echo and returns its address.
func echo(t *testing.T) string {
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
				lines := bufio.NewScanner(conn)
				for lines.Scan() {
					fmt.Fprintln(conn, "node-1 pod-a")
					if lines.Text() == "bye" {
						return
					}
				}
			}()
		}
	}()
	socket, err := net.ListenPacket("udp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		for {
			_, from, err := socket.ReadFrom(make([]byte, 100))
			if err != nil {
				return
			}
			_, _ = socket.WriteTo([]byte("node-1 pod-a\n"), from)
		}
	}()
	return listener.Addr().String()
}

func get(t *testing.T, h http.Handler, path string) (r report) {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", path, nil))
	if answer.Code != 200 {
		t.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryModeCountsWhoAnswered(t *testing.T) {
	for _, mode := range []string{modeTCP, modeLong, modeUDP, modeSendTo} {
		t.Run(mode, func(t *testing.T) {
			r := get(t, newControl(t.Context()).handler(), "/run?n=100&workers=4&mode="+mode+"&target="+echo(t))
			if r.OK.Count != 100 || r.Nodes["node-1"] != 100 || r.Pods["pod-a"] != 100 || r.Failed != 0 {
				t.Errorf("got %+v, want 100 answers of pod-a on node-1", r)
			}
		})
	}
}

func TestARefusedRequestIsCountedOnceWithItsKindAndTime(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	begin := time.Now()
	r := get(t, newControl(t.Context()).handler(), "/run?n=3&target="+listener.Addr().String())
	if r.OK.Count != 0 || r.Failed != 3 || r.Errors["refused"].Count != 3 || len(r.Failures) != 3 {
		t.Fatalf("got %+v, want 3 refused", r)
	}
	if first := r.Failures[0]; first.Kind != "refused" || first.At.Before(begin.Truncate(0)) || !strings.Contains(first.Error, "refused") {
		t.Errorf("got %+v", first)
	}
}

func TestARunGoesOnUntilItIsStopped(t *testing.T) {
	h := newControl(t.Context()).handler()
	get(t, h, "/start?name=a&workers=2&target="+echo(t))
	for get(t, h, "/counts?name=a").OK.Count < 50 {
	}
	if r := get(t, h, "/stop?name=a"); r.OK.Count < 50 || r.Failed != 0 {
		t.Errorf("got %+v, want 50 answers or more and no failure", r)
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest("GET", "/counts?name=a", nil))
	if answer.Code == 200 {
		t.Error("the run is still there")
	}
}

func TestALongConnectionIsKeptForAsLongAsItIsToBe(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go order{target: listener.Addr().String(), mode: modeLong, workers: 1, n: 10, limit: time.Minute, hold: time.Hour}.run(t.Context(), newCounts())
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(conn)
	for i := range 10 {
		if !lines.Scan() {
			t.Fatalf("the connection ended after %d requests of 10: %v", i, lines.Err())
		}
		fmt.Fprintln(conn, "node-1 pod-a")
	}
}

func TestOrdersThatMakeNoSenseAreRefused(t *testing.T) {
	for query, want := range map[string]string{
		"mode=tcp":              "target",
		"target=a:1&mode=sctp":  `mode="sctp"`,
		"target=a:1&workers=0":  `workers="0"`,
		"target=a:1&n=many":     `n="many"`,
		"target=a:1&hold=-1s":   `hold="-1s"`,
		"target=a:1&limit=soon": `limit="soon"`,
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %s", query, err, want)
		}
	}
}

func TestBucketsHoldWhatTheirBoundsSay(t *testing.T) {
	var samples []time.Duration
	for d := time.Duration(1); d < time.Hour; d = d*9/8 + 1 {
		samples = append(samples, d-1, d, d+1)
	}
	slices.Sort(samples)
	last := 0
	for _, d := range samples {
		i := bucket(d)
		if i < last || d > bound(i) || (i > 0 && d <= bound(i-1)) || bound(i)-d > max(d/8, 1) {
			t.Fatalf("%d ns is in bucket %d, which ends at %d ns (the one before at %d)", d, i, bound(i), bound(max(i-1, 0)))
		}
		last = i
	}
}

func TestPercentiles(t *testing.T) {
	var l latencies
	if l.sum() != (latency{}) {
		t.Errorf("nothing counted, and yet %+v", l.sum())
	}
	for range 98 {
		l.add(time.Millisecond)
	}
	l.add(time.Second)
	l.add(2 * time.Second)
	s := l.sum()
	if s.Count != 100 || s.Max != 2_000_000 || s.P50 < 1000 || s.P50 > 1125 || s.P99 < 1_000_000 || s.P99 > 1_125_000 {
		t.Errorf("got %+v", s)
	}
}
