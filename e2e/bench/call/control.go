package call

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
)

// reply is what a client sends back: an answer, or why there is none.
type reply struct {
	Answer
	Refused string `json:"refused,omitempty"`
}

// ServeOrders carries out the orders of everybody who connects to the listener,
// one after the other. It returns when the listener fails.
func ServeOrders(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		_ = obey(conn)
		conn.Close()
	}
}

func obey(conn io.ReadWriter) error {
	orders, replies := json.NewDecoder(conn), json.NewEncoder(conn)
	for {
		var o Order
		if err := orders.Decode(&o); err != nil {
			return err
		}
		answer, err := Measure(o)
		r := reply{Answer: answer}
		if err != nil {
			r.Refused = err.Error()
		}
		if err := replies.Encode(r); err != nil {
			return err
		}
	}
}

// Client is the coordinator's end of a connection to [ServeOrders].
type Client struct {
	conn    net.Conn
	orders  *json.Encoder
	replies *json.Decoder
}

// NewClient gives orders over conn, which is the client's from then on.
func NewClient(conn net.Conn) *Client {
	return &Client{conn: conn, orders: json.NewEncoder(conn), replies: json.NewDecoder(conn)}
}

// Do has an order carried out.
func (c *Client) Do(o Order) (Answer, error) {
	var r reply
	err := c.orders.Encode(o)
	if err == nil {
		err = c.replies.Decode(&r)
	}
	if err == nil && r.Refused != "" {
		err = errors.New(r.Refused)
	}
	if err != nil {
		return Answer{}, fmt.Errorf("have %s measured at %s: %w", o.Mode, o.Address, err)
	}
	return r.Answer, nil
}

// Close ends the connection; an order that is being carried out fails.
func (c *Client) Close() error { return c.conn.Close() }
