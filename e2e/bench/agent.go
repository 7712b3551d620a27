package bench

import "context"

// agentEntries counts the frontends that an agent has in the kernel.
func (b *bench) agentEntries(ctx context.Context, p *place, port string) (int, error) {
	return len(b.services), nil
}
