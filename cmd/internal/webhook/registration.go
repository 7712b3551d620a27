package webhook

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/nodelocalpolicies"
	"github.com/inshore-dev/inshore/webhook/registration"
)

// registrationSpread is within what time replicas that hear of the same edit begin
// to write. It is what a policy's edit takes to have effect, and mostly saves the
// others a request that would be refused.
const registrationSpread = time.Second

// newRegistration returns what keeps the entries of policies in the webhook
// configurations.
func newRegistration(mgr manager.Manager, policies *nodelocalpolicies.Watch, log logr.Logger) (*registration.Writer, error) {
	api, err := nodelocalpolicies.NewClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, err
	}
	return registration.NewWriter(registration.WriterConfig{
		Cache: mgr.GetCache(), API: mgr.GetAPIReader(), Writer: mgr.GetClient(),
		Known: func() (*enforcement.Set, error) { return policies.Enforcement(), policies.Ready() },
		List: func(ctx context.Context) (*enforcement.Set, error) {
			all, err := nodelocalpolicies.List(ctx, api)
			if err != nil {
				return nil, err
			}
			return enforcement.New(all), nil
		},
		Spread: registrationSpread, Clock: clock.RealClock{}, Log: log,
	}), nil
}
