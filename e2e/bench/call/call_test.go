package call_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/e2e/bench/call"
)

// echoAt starts a server; it ends with the test's process.
func echoAt(t *testing.T, address string) {
	t.Helper()
	go func() { _ = call.ServeEcho(address) }()
	answer, err := call.Measure(call.Order{Mode: call.Await, Address: address, Limit: 10 * time.Second, Pace: time.Millisecond})
	if err != nil || answer.Landed == 0 {
		t.Fatalf("the server at %s is not there: %+v, %v", address, answer, err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestEveryCallIsSampledOnce(t *testing.T) {
	inet, path := freeAddress(t), filepath.Join(t.TempDir(), "echo.sock")
	echoAt(t, inet)
	echoAt(t, path)
	for _, address := range []string{inet, path} {
		for _, mode := range []call.Mode{call.Connect, call.Echo} {
			for _, bytes := range []int{1, 100, 200_000} {
				answer, err := call.Measure(call.Order{Mode: mode, Address: address, Bytes: bytes, Count: 7, Warm: 3, Limit: 10 * time.Second})
				if err != nil || answer.Failed != 0 || len(answer.Samples) != 7 {
					t.Errorf("%s of %d bytes at %s: %+v, %v, want 7 samples", mode, bytes, address, answer, err)
				}
				for _, sample := range answer.Samples {
					if sample <= 0 {
						t.Errorf("%s of %d bytes at %s took %d ns", mode, bytes, address, sample)
					}
				}
			}
		}
	}
}

func TestAClientThatStaysAwayDoesNotKeepTheServer(t *testing.T) {
	address := freeAddress(t)
	echoAt(t, address)
	silent, err := net.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	answer, err := call.Measure(call.Order{Mode: call.Connect, Address: address, Bytes: 1, Count: 1, Limit: 30 * time.Second})
	if err != nil || len(answer.Samples) != 1 {
		t.Errorf("got %+v, %v, want one sample", answer, err)
	}
}

func TestCallsThatAreRefusedAreCounted(t *testing.T) {
	address := freeAddress(t)
	answer, err := call.Measure(call.Order{Mode: call.Connect, Address: address, Bytes: 1, Count: 5, Limit: time.Second})
	if err != nil || answer.Failed != 5 || len(answer.Samples) != 0 || answer.Error != unix.ECONNREFUSED.Error() {
		t.Errorf("got %+v, %v, want five refusals", answer, err)
	}
}

func TestAwaitSaysWhenTheServerCame(t *testing.T) {
	address := freeAddress(t)
	came := make(chan int64, 1)
	go func() {
		time.Sleep(20 * time.Millisecond) // Attempts before are what is tried here.
		came <- call.Now()
		_ = call.ServeEcho(address)
	}()
	answer, err := call.Measure(call.Order{Mode: call.Await, Address: address, Limit: 10 * time.Second, Pace: 100 * time.Microsecond})
	begin := <-came
	if err != nil || answer.Attempts < 2 || answer.Began < begin || answer.Landed < answer.Began {
		t.Errorf("got %+v, %v, want attempts and a landing after %d", answer, err, begin)
	}
}

func TestAwaitGivesUp(t *testing.T) {
	answer, err := call.Measure(call.Order{Mode: call.Await, Address: freeAddress(t), Limit: 5 * time.Millisecond, Pace: time.Millisecond})
	if err != nil || answer.Landed != 0 || answer.Failed != 1 || !strings.Contains(answer.Error, "nothing landed within 5ms") {
		t.Errorf("got %+v, %v, want to hear that nothing landed", answer, err)
	}
}

func TestOrdersThatCannotBeCarriedOutAreRefused(t *testing.T) {
	good := call.Order{Mode: call.Connect, Address: "127.0.0.1:1", Bytes: 1, Count: 1, Limit: time.Second}
	for name, change := range map[string]func(*call.Order){
		"no mode":          func(o *call.Order) { o.Mode = "" },
		"no address":       func(o *call.Order) { o.Address = "" },
		"a name":           func(o *call.Order) { o.Address = "localhost:1" },
		"IPv6":             func(o *call.Order) { o.Address = netip.AddrPortFrom(netip.IPv6Loopback(), 1).String() },
		"no bytes":         func(o *call.Order) { o.Bytes = 0 },
		"too many bytes":   func(o *call.Order) { o.Bytes = 1 << 30 },
		"no samples":       func(o *call.Order) { o.Count = 0 },
		"too many samples": func(o *call.Order) { o.Warm = 1 << 30 },
		"no limit":         func(o *call.Order) { o.Limit = 0 },
	} {
		o := good
		change(&o)
		if _, err := call.Measure(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestOrdersArriveOverAConnection(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	served := make(chan error, 1)
	go func() { served <- call.ServeOrders(listener) }()
	conn, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	client := call.NewClient(conn)
	defer client.Close()
	path := filepath.Join(t.TempDir(), "echo.sock")
	echoAt(t, path)
	if _, err := client.Do(call.Order{}); err == nil || !strings.Contains(err.Error(), "mode") {
		t.Errorf("an empty order: %v, want to hear about its mode", err)
	}
	answer, err := client.Do(call.Order{Mode: call.Echo, Address: path, Bytes: 9, Count: 2, Limit: time.Second})
	if err != nil || len(answer.Samples) != 2 {
		t.Errorf("got %+v, %v, want two samples", answer, err)
	}
	listener.Close()
	client.Close()
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		t.Errorf("served: %v", err)
	}
}

func TestAServerTakesOverTheSocketOfADeadOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "echo.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	listener.Close()
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	echoAt(t, path)
}
