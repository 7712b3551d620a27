/* The socket hooks: on the way out a destination that is a frontend becomes one of
 * its backends, on the way back the other way round. All the rest passes. */

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/in.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "decide.h"
#include "wayback.h"

/* Sockets with this mark are left alone. */
#define BYPASS_MARK 0x1456f2e

/* ours is whether a socket is one to look at. */
static __always_inline int ours(struct bpf_sock_addr *ctx)
{
	struct bpf_sock *sk = ctx->sk;
	__u32 protocol = ctx->protocol;

	return sk && sk->mark != BYPASS_MARK &&
	       (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP);
}

/* fail fails the system call. Where the kernel has no bpf_set_retval (before 5.18)
 * the agent takes the call to it out of the program, and the error is EPERM. */
static __always_inline int fail(int error)
{
	bpf_set_retval(error);
	return 0;
}

static __always_inline void load(struct bpf_sock_addr *ctx, __be32 *addr)
{
	addr[0] = ctx->user_ip6[0];
	addr[1] = ctx->user_ip6[1];
	addr[2] = ctx->user_ip6[2];
	addr[3] = ctx->user_ip6[3];
}

static __always_inline void store(struct bpf_sock_addr *ctx, const __be32 *addr)
{
	ctx->user_ip6[0] = addr[0];
	ctx->user_ip6[1] = addr[1];
	ctx->user_ip6[2] = addr[2];
	ctx->user_ip6[3] = addr[3];
}

static __always_inline void map4(__be32 *addr, __be32 addr4)
{
	addr[0] = 0;
	addr[1] = 0;
	addr[2] = bpf_htonl(0xffff);
	addr[3] = addr4;
}

static __always_inline int mapped(const __be32 *addr)
{
	return !addr[0] && !addr[1] && addr[2] == bpf_htonl(0xffff);
}

/* out is what connect and sendmsg have in common, once it is decided. It returns
 * whether the destination is to be replaced, or what the hook returns if not. */
enum { REPLACE = 2 };

static __always_inline int out(struct bpf_sock_addr *ctx, int verdict, const struct flow *flow,
			       const __be32 *addr, int datagram, __u8 balance)
{
	switch (verdict) {
	case REFUSE:
		return fail(-ECONNREFUSED);
	case FORWARD:
		if (!datagram)
			remember(ctx->sk, flow, balance == BALANCE_LEAST_CONNECTION);
		else if (!note(ctx->sk, flow))
			return fail(-ENOBUFS); /* Better than an answer from a stranger. */
		return REPLACE;
	default:
		if (datagram)
			erase(ctx->sk, addr, ctx->user_port);
		else
			forget(ctx->sk);
		return 1;
	}
}

static __always_inline int out4(struct bpf_sock_addr *ctx, int datagram)
{
	struct flow flow = {};
	__be32 addr[4];
	__u8 balance = 0;
	int verdict = PASS, result;

	map4(addr, ctx->user_ip4);
	if (ours(ctx))
		verdict = decide4(ctx, addr[3], datagram, &flow, &balance);
	result = out(ctx, verdict, &flow, addr, datagram, balance);
	if (result != REPLACE)
		return result;
	ctx->user_ip4 = flow.backend[3];
	ctx->user_port = flow.backend_port;
	return 1;
}

/* Sockets of IPv6 reach IPv4 by mapped addresses: those are IPv4's frontends. The
 * backends of each table are of its own family, so that a mapped destination
 * stays mapped and another one never becomes mapped, which sendmsg6 refuses. */
static __always_inline int out6(struct bpf_sock_addr *ctx, int datagram)
{
	struct flow flow = {};
	__be32 addr[4];
	__u8 balance = 0;
	int verdict = PASS, result;

	load(ctx, addr);
	if (!ours(ctx))
		;
	else if (mapped(addr))
		verdict = decide4(ctx, addr[3], datagram, &flow, &balance);
	else
		verdict = decide6(ctx, addr, datagram, &flow, &balance);
	result = out(ctx, verdict, &flow, addr, datagram, balance);
	if (result != REPLACE)
		return result;
	store(ctx, flow.backend);
	ctx->user_port = flow.backend_port;
	return 1;
}

static __always_inline int back4(struct bpf_sock_addr *ctx, int datagram)
{
	struct flow flow;
	__be32 addr[4];

	map4(addr, ctx->user_ip4);
	if (ctx->sk && translate(ctx->sk, addr, ctx->user_port, datagram, &flow)) {
		ctx->user_ip4 = flow.frontend[3];
		ctx->user_port = flow.frontend_port;
	}
	return 1;
}

static __always_inline int back6(struct bpf_sock_addr *ctx, int datagram)
{
	struct flow flow;
	__be32 addr[4];

	load(ctx, addr);
	if (ctx->sk && translate(ctx->sk, addr, ctx->user_port, datagram, &flow)) {
		store(ctx, flow.frontend);
		ctx->user_port = flow.frontend_port;
	}
	return 1;
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	return out4(ctx, 0);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	return out6(ctx, 0);
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	return out4(ctx, 1);
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	return out6(ctx, 1);
}

SEC("cgroup/recvmsg4")
int recvmsg4(struct bpf_sock_addr *ctx)
{
	return back4(ctx, 1);
}

SEC("cgroup/recvmsg6")
int recvmsg6(struct bpf_sock_addr *ctx)
{
	return back6(ctx, 1);
}

SEC("cgroup/getpeername4")
int getpeername4(struct bpf_sock_addr *ctx)
{
	return back4(ctx, 0);
}

SEC("cgroup/getpeername6")
int getpeername6(struct bpf_sock_addr *ctx)
{
	return back6(ctx, 0);
}

SEC("cgroup/sock_release")
int sock_release(struct bpf_sock *ctx)
{
	struct peer *peer = bpf_sk_storage_get(&peers, ctx, 0, 0);

	if (peer)
		uncount(peer);
	return 1;
}

/* No helper in use asks for a licence. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";
