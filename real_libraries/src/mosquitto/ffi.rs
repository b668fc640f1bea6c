//! What is used of `mosquitto.h`, version 2.0.

use std::ffi::{c_char, c_int, c_uint, c_void};

/// `struct mosquitto`: only the library knows what is in it.
#[repr(C)]
pub(crate) struct Mosquitto {
    _private: [u8; 0],
}

/// `struct mosquitto_message`: the library's, until the callback returns.
#[repr(C)]
pub(crate) struct Message {
    pub(crate) mid: c_int,
    pub(crate) topic: *mut c_char,
    pub(crate) payload: *mut c_void,
    pub(crate) payloadlen: c_int,
    pub(crate) qos: c_int,
    pub(crate) retain: bool,
}

/// `void (*)(struct mosquitto *, void *user_data, int code)`
pub(crate) type OnCode = unsafe extern "C" fn(*mut Mosquitto, *mut c_void, c_int);
/// `void (*)(struct mosquitto *, void *user_data, const struct mosquitto_message *)`
pub(crate) type OnMessage = unsafe extern "C" fn(*mut Mosquitto, *mut c_void, *const Message);

#[link(name = "mosquitto")]
unsafe extern "C" {
    // int mosquitto_lib_init(void);
    pub(crate) fn mosquitto_lib_init() -> c_int;
    // struct mosquitto *mosquitto_new(const char *id, bool clean_session, void *obj);
    pub(crate) fn mosquitto_new(
        id: *const c_char,
        clean_session: bool,
        user_data: *mut c_void,
    ) -> *mut Mosquitto;
    // void mosquitto_destroy(struct mosquitto *mosq);
    pub(crate) fn mosquitto_destroy(client: *mut Mosquitto);
    // void mosquitto_user_data_set(struct mosquitto *mosq, void *obj);
    pub(crate) fn mosquitto_user_data_set(client: *mut Mosquitto, user_data: *mut c_void);
    // void mosquitto_connect_callback_set(struct mosquitto *mosq,
    //     void (*on_connect)(struct mosquitto *, void *, int));
    pub(crate) fn mosquitto_connect_callback_set(client: *mut Mosquitto, function: Option<OnCode>);
    // void mosquitto_disconnect_callback_set(struct mosquitto *mosq,
    //     void (*on_disconnect)(struct mosquitto *, void *, int));
    pub(crate) fn mosquitto_disconnect_callback_set(
        client: *mut Mosquitto,
        function: Option<OnCode>,
    );
    // void mosquitto_message_callback_set(struct mosquitto *mosq,
    //     void (*on_message)(struct mosquitto *, void *, const struct mosquitto_message *));
    pub(crate) fn mosquitto_message_callback_set(
        client: *mut Mosquitto,
        function: Option<OnMessage>,
    );
    // int mosquitto_reconnect_delay_set(struct mosquitto *mosq, unsigned int reconnect_delay,
    //     unsigned int reconnect_delay_max, bool reconnect_exponential_backoff);
    pub(crate) fn mosquitto_reconnect_delay_set(
        client: *mut Mosquitto,
        seconds: c_uint,
        at_most: c_uint,
        exponential: bool,
    ) -> c_int;
    // int mosquitto_connect(struct mosquitto *mosq, const char *host, int port, int keepalive);
    pub(crate) fn mosquitto_connect(
        client: *mut Mosquitto,
        host: *const c_char,
        port: c_int,
        keepalive: c_int,
    ) -> c_int;
    // int mosquitto_disconnect(struct mosquitto *mosq);
    pub(crate) fn mosquitto_disconnect(client: *mut Mosquitto) -> c_int;
    // int mosquitto_loop_start(struct mosquitto *mosq);
    pub(crate) fn mosquitto_loop_start(client: *mut Mosquitto) -> c_int;
    // int mosquitto_loop_stop(struct mosquitto *mosq, bool force);
    pub(crate) fn mosquitto_loop_stop(client: *mut Mosquitto, force: bool) -> c_int;
    // int mosquitto_subscribe(struct mosquitto *mosq, int *mid, const char *sub, int qos);
    pub(crate) fn mosquitto_subscribe(
        client: *mut Mosquitto,
        mid: *mut c_int,
        topic: *const c_char,
        qos: c_int,
    ) -> c_int;
    // int mosquitto_publish(struct mosquitto *mosq, int *mid, const char *topic, int payloadlen,
    //     const void *payload, int qos, bool retain);
    pub(crate) fn mosquitto_publish(
        client: *mut Mosquitto,
        mid: *mut c_int,
        topic: *const c_char,
        payloadlen: c_int,
        payload: *const c_void,
        qos: c_int,
        retain: bool,
    ) -> c_int;
    // const char *mosquitto_strerror(int mosq_errno);
    pub(crate) fn mosquitto_strerror(code: c_int) -> *const c_char;
}
