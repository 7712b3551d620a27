package reload_test

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/policies/reload"
)

func ExampleHolder() {
	holder, err := reload.New(context.Background(), reload.Config{
		Clock:  clock.RealClock{},
		Report: func(o reload.Outcome) { fmt.Println(o.Source, o.Result, o.Err) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	before := holder.Engine()
	holder.Apply(context.Background(), reload.Change{Source: "https://rules.example", Err: errors.New("connection refused")})
	fmt.Println(holder.Engine() == before)
	// Output:
	// https://rules.example unreadable connection refused
	// true
}
