package bench

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// The first Service in bulk is created as everybody creates one. The others are
// copies of what is then in etcd, of the Service, its EndpointSlice and its
// IPAddress, and are written there: the API server takes several minutes of two
// processors to create 100,000 of each. From there on nobody can tell: the API server
// serves them from its watch of etcd, and the controllers find nothing to do.

// bulk is the first Service and what belongs to it.
type bulk struct {
	service corev1.Service
	slice   discoveryv1.EndpointSlice
	address networkingv1.IPAddress
}

// firstCopy is the first copy's ClusterIP; it is in the API server's range, which has
// room above it.
var firstCopy = netip.MustParseAddr("10.100.0.1")

// copyAddress is the ClusterIP of the n-th copy.
func copyAddress(n int) netip.Addr {
	b := firstCopy.As4()
	sum := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	sum += uint32(n)
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
}

func copyName(n int) string { return fmt.Sprintf("s%06d", n) }

// addServices adds Services in bulk until there are so many. All of them select the
// servers, so that each has one endpoint on every node.
func (b *bench) addServices(ctx context.Context, total int) error {
	begin, first := time.Now(), len(b.services)
	if first == 0 {
		if err := b.createFirst(ctx); err != nil {
			return err
		}
		first = 1
	}
	if first >= total {
		return nil
	}
	// It would see Services without their EndpointSlices, and make others. When it is
	// back it lists all of both before it does anything.
	restart, err := b.cluster.StopComponent(ctx, b.cluster.ControlPlane(), "kube-controller-manager")
	if err != nil {
		return err
	}
	if err := b.writeCopies(ctx, first, total); err != nil {
		return err
	}
	if err := restart(); err != nil {
		return err
	}
	b.printf("%d Services added in %s", total-first, time.Since(begin).Round(100*time.Millisecond))
	return nil
}

// writeCopies writes the copies from first to below total, and waits until the API
// server serves them.
func (b *bench) writeCopies(ctx context.Context, first, total int) error {
	var all []transaction
	for n := first; n < total; n++ {
		t, err := b.bulk.copy(n)
		if err != nil {
			return err
		}
		all, b.services = append(all, t), append(b.services, copyAddress(n))
	}
	store := newStore(b.cluster.ControlPlane())
	defer store.close()
	if err := store.put(ctx, all); err != nil {
		return err
	}
	last := copyName(total - 1)
	return cluster.Wait(ctx, "the API server to serve what was written to etcd", 2*time.Minute, func(ctx context.Context) (bool, string, error) {
		// Out of its cache: what its watch of etcd has told it.
		_, err := b.api.CoreV1().Services(namespace).Get(ctx, last, metav1.GetOptions{ResourceVersion: "0"})
		return err == nil, fmt.Sprint(err), nil
	})
}

// createFirst creates the first Service and waits for what controllers make of it.
func (b *bench) createFirst(ctx context.Context) error {
	ip, err := b.createService(ctx, namespace, service(copyName(0), map[string]string{labelRole: roleServer}))
	if err != nil {
		return err
	}
	b.services = append(b.services, ip)
	made, err := b.api.CoreV1().Services(namespace).Get(ctx, copyName(0), metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("get Service %s: %w", copyName(0), err)
	}
	address, err := b.api.NetworkingV1().IPAddresses().Get(ctx, ip.String(), metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("get IPAddress %s: %w", ip, err)
	}
	b.bulk.service, b.bulk.address = *made, *address
	return cluster.Wait(ctx, "the first Service's EndpointSlice", time.Minute, func(ctx context.Context) (bool, string, error) {
		list, err := b.api.DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{})
		if err != nil || len(list.Items) != 1 {
			return false, fmt.Sprintf("%d slices, %v", len(list.Items), err), nil
		}
		b.bulk.slice = list.Items[0]
		return len(b.bulk.slice.Endpoints) == len(b.places), fmt.Sprintf("%d endpoints", len(b.bulk.slice.Endpoints)), nil
	})
}

const sliceSuffix = "-copy"

// copy is the n-th copy: the same but for names, UIDs and the ClusterIP.
func (o *bulk) copy(n int) (transaction, error) {
	service, slice, address := o.service.DeepCopy(), o.slice.DeepCopy(), o.address.DeepCopy()
	name, ip := copyName(n), copyAddress(n).String()
	fresh := func(m *metav1.ObjectMeta, name string) {
		m.Name, m.UID, m.ResourceVersion = name, uuid.NewUUID(), ""
	}
	fresh(&service.ObjectMeta, name)
	service.Spec.ClusterIP, service.Spec.ClusterIPs = ip, []string{ip}
	fresh(&slice.ObjectMeta, name+sliceSuffix)
	slice.GenerateName = name + "-"
	slice.Labels[discoveryv1.LabelServiceName] = name
	slice.OwnerReferences[0].Name, slice.OwnerReferences[0].UID = name, service.UID
	fresh(&address.ObjectMeta, ip)
	address.Spec.ParentRef.Name = name
	var t transaction
	for _, object := range []struct {
		key  string
		kind schema.GroupVersionKind
		runtime.Object
	}{
		{"endpointslices/" + namespace + "/" + slice.Name, discoveryv1.SchemeGroupVersion.WithKind("EndpointSlice"), slice},
		{"ipaddresses/" + address.Name, networkingv1.SchemeGroupVersion.WithKind("IPAddress"), address},
		{"services/specs/" + namespace + "/" + service.Name, corev1.SchemeGroupVersion.WithKind("Service"), service},
	} {
		e, err := newEntry(object.key, object.kind, object.Object)
		if err != nil {
			return nil, err
		}
		t = append(t, e)
	}
	return t, nil
}

var stored = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)

// newEntry is an object as the API server stores it.
func newEntry(key string, kind schema.GroupVersionKind, object runtime.Object) (entry, error) {
	object.GetObjectKind().SetGroupVersionKind(kind)
	value, err := runtime.Encode(stored, object)
	if err != nil {
		return entry{}, fmt.Errorf("encode %s: %w", key, err)
	}
	return entry{Key: []byte("/registry/" + key), Value: value}, nil
}
