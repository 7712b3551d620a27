package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// churners is how many pods change, over all nodes, and churnRate how many changes
	// are written a second.
	churners  = 40
	churnRate = 100
)

// measureUsage looks at every router's process while nothing happens, and while
// pods change on all nodes.
func (b *bench) measureUsage(ctx context.Context) error {
	usages := map[*place]*Usage{}
	for _, p := range b.places {
		if p.lost == "" && p.arm != PodIP {
			usages[p] = &Usage{Arm: p.arm, Services: len(b.services)}
		}
	}
	b.printf("processes at rest, then in churn, %s each", b.Churn)
	err := watchLoads(usages, func(u *Usage, l Load) { u.Idle = l }, func() error { return sleep(ctx, b.Churn) })
	if err != nil {
		return err
	}
	stand, err := b.newStandIns(ctx, "churn", churners)
	if err != nil {
		return err
	}
	stand.stop()
	var changes int
	began := time.Now()
	err = watchLoads(usages, func(u *Usage, l Load) { u.Churn = &l }, func() error {
		changes, err = stand.churn(ctx, b.Churn)
		return err
	})
	if err != nil {
		return err
	}
	rate := float64(changes) / time.Since(began).Seconds()
	for _, p := range b.places {
		if u := usages[p]; u != nil {
			u.ChangesPerSecond = rate
			b.report.Usage = append(b.report.Usage, *u)
		}
	}
	return stand.delete(ctx)
}

// churn makes pods ready and unready at churnRate, or as fast as it goes.
func (s *standIns) churn(ctx context.Context, d time.Duration) (changes int, err error) {
	group, ctx := errgroup.WithContext(ctx)
	var written atomic.Int64
	end := time.Now().Add(d)
	for _, p := range s.pods {
		group.Go(func() error {
			tick := time.NewTicker(time.Second * time.Duration(len(s.pods)) / churnRate)
			defer tick.Stop()
			for ready := true; time.Now().Before(end); ready = !ready {
				if err := p.write(ctx, ready); err != nil {
					return err
				}
				written.Add(1)
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-tick.C:
				}
			}
			return nil
		})
	}
	err = group.Wait()
	return int(written.Load()), err
}

// watchLoads tells what the routers' processes used while do ran.
func watchLoads(usages map[*place]*Usage, tell func(*Usage, Load), do func() error) error {
	before := map[*place]process{}
	for p, u := range usages {
		now, err := p.process()
		if err != nil {
			return err
		}
		before[p], u.Process = now, now.name
	}
	begin := time.Now()
	if err := do(); err != nil {
		return err
	}
	took := time.Since(begin)
	for p, u := range usages {
		now, err := p.process()
		if err != nil {
			return err
		}
		tell(u, Load{RSSMiB: float64(now.rssKiB) / 1024, CPU: 1000 * float64(now.cpu-before[p].cpu) / float64(took)})
	}
	return nil
}

// process is what the kernel tells of one.
type process struct {
	name   string
	rssKiB int
	cpu    time.Duration
}

// process is the router's: the agent, or the node's kube-proxy.
func (p *place) process() (process, error) {
	if p.agent != nil {
		return readProcess(p.agent.cmd.Process.Pid)
	}
	members, err := filepath.Glob(filepath.Join(p.node.CgroupPath(), "*", "cgroup.procs"))
	if err != nil {
		return process{}, err
	}
	for _, file := range members {
		text, err := os.ReadFile(file)
		if err != nil {
			return process{}, fmt.Errorf("list the processes of %s: %w", p.node.Name, err)
		}
		for _, field := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				return process{}, fmt.Errorf("list the processes of %s: %w", p.node.Name, err)
			}
			if found, err := readProcess(pid); err == nil && found.name == "kube-proxy" {
				return found, nil
			}
		}
	}
	return process{}, fmt.Errorf("%s runs no kube-proxy", p.node.Name)
}

func readProcess(pid int) (process, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return process{}, fmt.Errorf("read a process: %w", err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, fmt.Errorf("read a process: %w", err)
	}
	return parseProcess(string(status), string(stat))
}

// userHZ is the unit of times in /proc/PID/stat: 100 on every architecture Go knows.
const userHZ = 100

func parseProcess(status, stat string) (process, error) {
	var p process
	for line := range strings.Lines(status) {
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch field {
		case "Name":
			p.name = value
		case "VmRSS":
			kib, err := strconv.Atoi(strings.TrimSuffix(value, " kB"))
			if err != nil {
				return p, fmt.Errorf("VmRSS of a process: %w", err)
			}
			p.rssKiB = kib
		}
	}
	// After the name, which may hold anything, come the state and 10 fields before utime and stime (proc(5)).
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) < 13 {
		return p, fmt.Errorf("stat of a process: %q", stat)
	}
	for _, field := range fields[11:13] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			return p, fmt.Errorf("processor time of a process: %w", err)
		}
		p.cpu += time.Duration(ticks) * time.Second / userHZ
	}
	return p, nil
}
