package datapath

// BypassMark is the socket mark (SO_MARK) whose traffic every datapath leaves
// alone: what a socket with it reaches is the cluster's proxy. Setting it takes
// CAP_NET_ADMIN. The value has no meaning beyond being unlikely elsewhere: it
// keeps clear of kube-proxy's 0x4000 and 0x8000 and is compared whole.
const BypassMark = 0x1456f2e
