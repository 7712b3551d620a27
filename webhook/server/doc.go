// Package server answers admission reviews: bytes to bytes, over TLS.
//
// # One pass
//
// controller-runtime's admission.Webhook decodes the envelope, then the object
// into a whole Kubernetes type, then encodes the changed object and compares the
// two. Here a review is decoded once, envelope and object together, straight
// into the projection that mutation and the rules read (package input);
// everything else in it is skipped. The answer is appended to a byte slice.
//
// The decoder is github.com/go-json-experiment/json, the implementation of
// encoding/json/v2. On the 11.6 KB review in testdata, in one run on the
// machine that the project's bars are set for:
//
//	go-json-experiment/json        69 µs    59 allocations
//	encoding/json                 135 µs   134 allocations (reads everything twice)
//	sigs.k8s.io/json              255 µs   152 allocations
//	AdmissionReview + DaemonSet   412 µs   439 allocations (the usual two steps)
//
// Scanning the bytes without decoding anything takes that package 57 µs, so a
// hand-written decoder would gain little.
//
// # Its own listener
//
// The manager is controller-runtime's, its webhook.Server is not used: it
// closes idle connections after the very 90 s after which API servers do, so
// that a review may be lost to the race; it ends the context of calls under way
// when it stops; it cannot ask clients to leave before it closes ([Listener.Drain]);
// it cannot listen on a free port; and its histogram steps by decades.
//
// # Errors
//
// A verdict is always an AdmissionReview. What is no review of ours (another
// method, type, version or kind, broken JSON, too large) is an HTTP error, and a
// panic is a 500: the API server then applies failurePolicy, which is the
// administrator's word on what happens when no verdict can be had.
package server
