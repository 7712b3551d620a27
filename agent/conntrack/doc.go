// Package conntrack keeps the kernel's connection tracking in step with a table of
// routes: a flow keeps the backend that its first packet was sent to, however
// gone that backend is, until its entry is deleted. It speaks netlink directly.
//
// Of the flows to a frontend that changed, those to a backend that the frontend
// no longer has are deleted:
//
//   - every flow of UDP, and of SCTP that has no association: the next packet is
//     decided anew. That includes flows that were never translated, because they
//     began when nobody had a decision: without this they stay a black hole
//     for as long as the client keeps sending;
//   - of TCP only what is over (time-wait, last-ack, close), and handshakes that
//     nobody answered: a client that reuses its port would inherit the old backend, and
//     hang. An established connection is left alone; the old pod of a surge goes
//     on serving it.
//
// kube-proxy does the same for UDP, and leaves TCP alone.
//
// A packet may be between its decision and its entry while the flows are listed, and
// a connection to the old backend may end later. So a frontend that changed is
// swept at once and a few times more.
//
// The dump is filtered by the kernel (CTA_FILTER, Linux 5.8), by protocol at
// least and by frontend if only a few changed. It takes CAP_NET_ADMIN.
package conntrack
