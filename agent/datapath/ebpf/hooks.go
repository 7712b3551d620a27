package ebpf

import "github.com/cilium/ebpf"

// hook is a place in the kernel that a program of ours is attached to.
type hook struct {
	name    string // The program's and the pinned link's.
	attach  ebpf.AttachType
	program func(*inshorePrograms) *ebpf.Program
}

// hooks are all of them, those of the way back first: no socket is translated
// before it can be told the truth it expects.
var hooks = []hook{
	{inshoreProgSockRelease, ebpf.AttachCgroupInetSockRelease, func(p *inshorePrograms) *ebpf.Program { return p.SockRelease }},
	{inshoreProgGetpeername4, ebpf.AttachCgroupInet4GetPeername, func(p *inshorePrograms) *ebpf.Program { return p.Getpeername4 }},
	{inshoreProgGetpeername6, ebpf.AttachCgroupInet6GetPeername, func(p *inshorePrograms) *ebpf.Program { return p.Getpeername6 }},
	{inshoreProgRecvmsg4, ebpf.AttachCGroupUDP4Recvmsg, func(p *inshorePrograms) *ebpf.Program { return p.Recvmsg4 }},
	{inshoreProgRecvmsg6, ebpf.AttachCGroupUDP6Recvmsg, func(p *inshorePrograms) *ebpf.Program { return p.Recvmsg6 }},
	{inshoreProgConnect4, ebpf.AttachCGroupInet4Connect, func(p *inshorePrograms) *ebpf.Program { return p.Connect4 }},
	{inshoreProgConnect6, ebpf.AttachCGroupInet6Connect, func(p *inshorePrograms) *ebpf.Program { return p.Connect6 }},
	{inshoreProgSendmsg4, ebpf.AttachCGroupUDP4Sendmsg, func(p *inshorePrograms) *ebpf.Program { return p.Sendmsg4 }},
	{inshoreProgSendmsg6, ebpf.AttachCGroupUDP6Sendmsg, func(p *inshorePrograms) *ebpf.Program { return p.Sendmsg6 }},
}
