package tracing_test

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/webhook/tracing"
)

// Without a receiver the tracer is nil, and everything may be called on it.
func Example() {
	tracer, err := tracing.New(tracing.Config{Service: "inshore-webhook", Getenv: os.Getenv, Log: logr.Discard()})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}
	ctx, span := tracer.Receive(context.Background(), request, "admission mutate Service")
	defer span.End()
	_, decoding := tracer.Begin(ctx, "decode")
	decoding.Count("inshore.review.bytes", 11_700)
	decoding.End()
	fmt.Println("sent:", span.On())
	// Output: sent: false
}
