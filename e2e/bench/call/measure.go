package call

import (
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"
)

// Measure carries out an order. An order that cannot be carried out is an error;
// calls that fail are counted.
func Measure(o Order) (Answer, error) {
	if err := o.check(); err != nil {
		return Answer{}, err
	}
	to, err := parseTarget(o.Address)
	if err != nil {
		return Answer{}, err
	}
	restore, err := settle()
	if err != nil {
		return Answer{}, err
	}
	defer restore()
	// A collection would wait for system calls that the scheduler does not know of.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	m := measurement{Order: o, to: to.sockaddr(), buffer: make([]byte, max(o.Bytes, 1))}
	m.answer.Samples = make([]int64, 0, o.Count)
	for i := range m.buffer {
		m.buffer[i] = byte(i) // Faulted in, too.
	}
	switch o.Mode {
	case Connect:
		m.connect()
	case Echo:
		m.echo()
	case Await:
		m.await()
	}
	return m.answer, nil
}

// measurement is an order while it is carried out.
type measurement struct {
	Order
	to     *sockaddr
	buffer []byte
	answer Answer
}

func (m *measurement) connect() {
	for i := range m.Warm + m.Count {
		s, err := open(m.to.family, m.Limit)
		if err != nil {
			m.failed(err)
			continue
		}
		begin := time.Now()
		errno := s.connect(m.to)
		if errno == 0 {
			errno = s.exchange(m.buffer)
		}
		m.note(i, time.Since(begin), errno)
		s.close()
	}
}

func (m *measurement) echo() {
	s, err := open(m.to.family, m.Limit)
	if err != nil {
		m.failed(err)
		return
	}
	defer s.close()
	if errno := s.connect(m.to); errno != 0 {
		m.failed(errno)
		return
	}
	for i := range m.Warm + m.Count {
		begin := time.Now()
		errno := s.exchange(m.buffer)
		m.note(i, time.Since(begin), errno)
		if errno != 0 {
			return
		}
	}
}

// await has a socket for each attempt: where packets are dropped, a socket's own
// next attempt would come a second later.
func (m *measurement) await() {
	// A pause ends when it should, not up to 50 µs later.
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		m.failed(err)
		return
	}
	end := time.Now().Add(m.Limit)
	for time.Now().Before(end) {
		s, err := open(m.to.family, AttemptLimit)
		if err != nil {
			m.failed(err)
			return
		}
		begin := Now()
		errno := s.connect(m.to)
		now := Now()
		s.close()
		m.answer.Attempts++
		if errno == 0 {
			m.answer.Began, m.answer.Landed = begin, now
			return
		}
		m.answer.Error = errno.Error()
		pause(m.Pace)
	}
	m.failed(fmt.Errorf("nothing landed within %s; last: %s", m.Limit, m.answer.Error))
}

// pause sleeps on this thread, without the runtime's timers.
func pause(d time.Duration) {
	if d > 0 {
		t := unix.NsecToTimespec(d.Nanoseconds())
		_ = unix.Nanosleep(&t, nil)
	}
}

func (m *measurement) note(i int, took time.Duration, errno unix.Errno) {
	switch {
	case errno != 0:
		m.failed(errno)
	case i >= m.Warm:
		m.answer.Samples = append(m.answer.Samples, int64(took))
	}
}

func (m *measurement) failed(err error) {
	m.answer.Failed++
	m.answer.Error = err.Error()
}
