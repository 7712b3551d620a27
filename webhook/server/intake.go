package server

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"sync"
)

const (
	// maxBody is the largest review that is read, in bytes. The API server
	// takes objects of up to 3 MiB and an update's review holds two of them;
	// the rest is the envelope.
	maxBody = 7 << 20
	// largeBody is where a review counts as large, in bytes. Reviews of real
	// objects stay far below: an etcd value ends at 1.5 MiB.
	largeBody = 512 << 10
	// largeBodies is how many large reviews are held in memory at once. Anybody
	// in the cluster can reach our port, and without a bound twenty clients
	// could make a small pod run out of memory. A review that waits is bounded
	// by the API server's timeout.
	largeBodies = 4
	// firstBuffer is what a new buffer holds, in bytes: an update of a
	// DaemonSet with its managed fields takes about 22 KiB.
	firstBuffer = 32 << 10
)

// statusError is an error with the HTTP status that says whose it is.
type statusError struct {
	code int
	err  error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// acceptable answers a call by a wrong method or of a wrong type and reports
// whether it is worth reading.
func acceptable(w http.ResponseWriter, req *http.Request) bool {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "inshore: send an AdmissionReview by POST", http.StatusMethodNotAllowed)
		return false
	}
	contentType := req.Header.Get("Content-Type")
	if contentType == "application/json" {
		return true
	}
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" {
		http.Error(w, fmt.Sprintf("inshore: got Content-Type %q, send application/json", contentType), http.StatusUnsupportedMediaType)
		return false
	}
	return true
}

// buffer holds a review and then its answer.
type buffer struct{ bytes []byte }

// intake reads bodies into pooled buffers, within bounds.
type intake struct {
	buffers sync.Pool
	large   chan struct{}
}

// newIntake returns an empty intake.
func newIntake() *intake {
	return &intake{
		buffers: sync.Pool{New: func() any { return &buffer{bytes: make([]byte, 0, firstBuffer)} }},
		large:   make(chan struct{}, largeBodies),
	}
}

// read reads the body. The caller calls release once nothing refers to the
// buffer any more.
func (in *intake) read(req *http.Request) (b *buffer, release func(), err error) {
	b = in.buffers.Get().(*buffer)
	b.bytes = b.bytes[:0]
	// A length that the client merely claims reserves no more than a usual
	// review needs.
	if n := req.ContentLength; n > 0 {
		b.bytes = slices.Grow(b.bytes, int(min(n+1, largeBody)))
	}
	isLarge := false
	release = func() {
		if isLarge {
			<-in.large
			return // and leave its buffer to the garbage collector
		}
		in.buffers.Put(b)
	}
	for {
		n, err := req.Body.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, release, nil
		case err != nil:
			release()
			return nil, nil, fmt.Errorf("reading the request: %w", err)
		case len(b.bytes) > maxBody:
			release()
			return nil, nil, &statusError{http.StatusRequestEntityTooLarge,
				fmt.Errorf("the review is larger than %d bytes", maxBody)}
		}
		if len(b.bytes) > largeBody && !isLarge {
			select {
			case in.large <- struct{}{}:
				isLarge = true
			case <-req.Context().Done():
				release()
				return nil, nil, fmt.Errorf("waiting to read a large review: %w", req.Context().Err())
			}
		}
		if len(b.bytes) == cap(b.bytes) {
			b.bytes = slices.Grow(b.bytes, len(b.bytes))
		}
	}
}
