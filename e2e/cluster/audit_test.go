package cluster_test

import (
	"testing"

	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

func TestRequestsOfAuditedUsersAreNotedDown(t *testing.T) {
	const user = "system:serviceaccount:default:gull"
	c := start(t, cluster.Config{Name: "test-audit", Audited: []string{user}})
	if requests, err := c.Requests(); err != nil || len(requests) > 0 {
		t.Errorf("before the first request there are %v (error %v)", requests, err)
	}
	accounts := c.Client().CoreV1().ServiceAccounts("default")
	_, err := accounts.Create(t.Context(), &core.ServiceAccount{ObjectMeta: meta.ObjectMeta{Name: "gull"}}, meta.CreateOptions{})
	must(t, err)
	token, err := accounts.CreateToken(t.Context(), "gull", &authentication.TokenRequest{}, meta.CreateOptions{})
	must(t, err)
	config := rest.AnonymousClientConfig(c.RESTConfig())
	config.BearerToken, config.UserAgent = token.Status.Token, "beak"
	gull, err := kubernetes.NewForConfig(config)
	must(t, err)
	one := meta.ListOptions{FieldSelector: "metadata.name=nest"}
	if _, err := gull.CoreV1().Secrets("default").List(t.Context(), one); err == nil {
		t.Fatal("a service account without rights lists secrets")
	}
	requests, err := c.Requests()
	must(t, err)
	want := cluster.Request{
		User: user, Agent: "beak", Verb: "list", Resource: "secrets", Namespace: "default", Name: "nest", Forbidden: true, Code: 403,
	}
	if len(requests) != 1 || requests[0] != want {
		t.Errorf("requests are %+v, want only %+v: none of the administrator's", requests, want)
	}
}
