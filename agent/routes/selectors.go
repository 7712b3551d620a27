package routes

import "iter"

// selectors finds the Services of a namespace that select a pod without looking at
// the others. Each is listed under one label of its selector, that which the
// fewest others are listed under; a pod is looked up by each of its labels.
type selectors struct{ lists map[Label]list }

// list is a list of records, linked through themselves: most have one element,
// and a slice for each would cost more than the record.
type list struct {
	head *record
	size int
}

// add lists a Service. One without a selector selects nothing and is not listed.
func (s *selectors) add(r *record) {
	selector := r.service.Selector
	if len(selector) == 0 {
		return
	}
	r.listed = 0
	for i, label := range selector {
		if s.lists[label].size < s.lists[r.key()].size {
			r.listed = i
		}
	}
	if s.lists == nil {
		s.lists = map[Label]list{}
	}
	l := s.lists[r.key()]
	r.prev, r.next = nil, l.head
	if l.head != nil {
		l.head.prev = r
	}
	s.lists[r.key()] = list{head: r, size: l.size + 1}
}

// remove takes a Service off the list it is on.
func (s *selectors) remove(r *record) {
	if len(r.service.Selector) == 0 {
		return
	}
	l := s.lists[r.key()]
	l.size--
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		l.head = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	}
	if l.head == nil {
		delete(s.lists, r.key())
	} else {
		s.lists[r.key()] = l
	}
	r.prev, r.next = nil, nil
}

// selecting are the Services that select a pod, each once, in no order.
func (s *selectors) selecting(pod *Pod) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for _, label := range pod.Labels {
			for r := s.lists[label].head; r != nil; r = r.next {
				if r.service.Selector.Selects(pod.Labels) && !yield(r) {
					return
				}
			}
		}
	}
}
