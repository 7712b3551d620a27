package cgroup_test

import (
	"fmt"

	"github.com/inshore-dev/inshore/agent/cgroup"
)

func Example() {
	_, err := cgroup.Find(cgroup.Config{Path: "/nowhere"})
	fmt.Println(err)
	// Output: /nowhere cannot be the root cgroup: is not there
}
