//! Lists whose text is bounded, whoever asks for them: our own requests and the watches of the client library.
//!
//! A page is read as it comes. One that turns out to be larger than there is room for is let go of, and the same page is asked
//! for again with half as many objects. So what a list takes does not depend on what somebody has put into its objects, and
//! small objects still come by the hundred. A page of one object is taken as it is: the API server bounds each.
//!
//! Only requests for pages are touched; a watch is a stream and passes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{Method, Request, Response, Uri};
use http_body::Body as _;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use tower::Service;

/// Bytes of a page that is read for a request.
pub(super) const REQUEST_ROOM: usize = 4 << 20;
/// Bytes of a page that is read for a watch: there are eleven of them, and all begin at the same time.
pub(super) const WATCH_ROOM: usize = 1 << 20;

/// The client, with pages of so many bytes at most.
pub(super) fn paged(client: Client, room: usize) -> Client {
    let namespace = client.default_namespace().to_owned();
    Client::new(Paged { client, room, sizes: Arc::default() }, namespace)
}

#[derive(Clone)]
struct Paged {
    client: Client,
    room: usize,
    /// How many objects a page of a list may have whose full pages were too large, by path.
    sizes: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Service<Request<Body>> for Paged {
    type Response = Response<Body>;
    type Error = kube::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, kube::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), kube::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let paged = self.clone();
        async move {
            let Some(asked) = objects_of_a_page(&request) else { return paged.client.send(request).await };
            let (head, _) = request.into_parts();
            paged.page(&head, asked).await
        }
        .boxed()
    }
}

impl Paged {
    /// One page, of no more objects than asked for.
    async fn page(&self, head: &Parts, asked: u32) -> Result<Response<Body>, kube::Error> {
        let path = head.uri.path();
        let mut limit = self.sizes().get(path).map_or(asked, |size| asked.min(*size));
        loop {
            let (answer, body) = self.client.send(request(head, limit)?).await?.into_parts();
            let room = if limit > 1 { self.room } else { usize::MAX };
            let Some(text) = read(body, room).await? else {
                limit = (limit / 2).max(1);
                continue;
            };
            // Large objects may be few: the next page has more again.
            let next = if text.len() < self.room / 4 { limit.saturating_mul(2) } else { limit };
            self.learn(path, next, asked);
            return Ok(Response::from_parts(answer, Body::from(text)));
        }
    }

    fn learn(&self, path: &str, next: u32, asked: u32) {
        let mut sizes = self.sizes();
        if next < asked {
            sizes.insert(path.to_owned(), next);
        } else {
            sizes.remove(path);
        }
    }

    fn sizes(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.sizes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many objects the request asks for at once, if it is one for a page of a list.
fn objects_of_a_page(request: &Request<Body>) -> Option<u32> {
    let query = request.uri().query().filter(|_| request.method() == Method::GET)?;
    let is_watch = query.split('&').any(|pair| pair.starts_with("watch="));
    query.split('&').find_map(|pair| pair.strip_prefix("limit="))?.parse().ok().filter(|limit| *limit > 0 && !is_watch)
}

/// The same request for a page of so many objects.
fn request(head: &Parts, limit: u32) -> Result<Request<Body>, kube::Error> {
    let pairs = head.uri.query().unwrap_or_default().split('&');
    let pairs = pairs.map(|pair| if pair.starts_with("limit=") { format!("limit={limit}") } else { pair.to_owned() });
    let query = pairs.collect::<Vec<_>>().join("&");
    let mut parts = head.uri.clone().into_parts();
    let target = format!("{}?{query}", head.uri.path()).parse().map_err(http::Error::from).map_err(kube::Error::HttpError)?;
    parts.path_and_query = Some(target);
    let uri = Uri::from_parts(parts).map_err(http::Error::from).map_err(kube::Error::HttpError)?;
    let mut request = Request::new(Body::empty());
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = uri;
    request.headers_mut().clone_from(&head.headers);
    Ok(request)
}

/// The whole body; none if it is larger than there is room for.
async fn read(mut body: Body, room: usize) -> Result<Option<Vec<u8>>, kube::Error> {
    if body.size_hint().lower() > u64::try_from(room).unwrap_or(u64::MAX) {
        return Ok(None);
    }
    let mut text = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if text.len().saturating_add(data.len()) > room {
            return Ok(None);
        }
        text.extend_from_slice(&data);
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use kube::api::{Api, ListParams};
    use kube::core::DynamicObject;
    use kube::discovery::ApiResource;
    use serde_json::{Value, json};

    use super::*;

    const ROOM: usize = 10_000;

    /// An answer of the API server: its first object, how many there are, and the bytes of all of it.
    #[derive(Clone, Debug)]
    struct Answer {
        from: usize,
        objects: usize,
        bytes: usize,
    }

    /// An API server with objects of these sizes.
    #[derive(Clone)]
    struct Server {
        sizes: Vec<usize>,
        answers: Arc<Mutex<Vec<Answer>>>,
    }

    impl Service<Request<Body>> for Server {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Body>) -> Self::Future {
            let query = request.uri().query().unwrap_or_default().to_owned();
            let number = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.parse::<usize>().ok());
            let from = number("continue=").unwrap_or(0);
            let to = (from + number("limit=").unwrap()).min(self.sizes.len());
            let item = |index: usize| json!({"metadata": {"name": format!("o-{index}")}, "data": "x".repeat(self.sizes[index])});
            let next = if to < self.sizes.len() { json!(to.to_string()) } else { Value::Null };
            let items: Vec<Value> = (from..to).map(item).collect();
            let metadata = json!({"resourceVersion": "1", "continue": next});
            let list = json!({"apiVersion": "v1", "kind": "ThingList", "metadata": metadata, "items": items});
            let text = list.to_string();
            self.answers.lock().unwrap().push(Answer { from, objects: to - from, bytes: text.len() });
            std::future::ready(Ok(Response::new(Body::from(text.into_bytes()))))
        }
    }

    /// How many objects come, and what the answers were that they came with.
    fn listed(sizes: &[usize]) -> (usize, Vec<Answer>) {
        let server = Server { sizes: sizes.to_vec(), answers: Arc::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let work = async {
            let client = paged(Client::new(server.clone(), "t"), ROOM);
            let resource = ApiResource {
                group: String::new(),
                version: "v1".to_owned(),
                api_version: "v1".to_owned(),
                kind: "Thing".to_owned(),
                plural: "things".to_owned(),
            };
            let api: Api<DynamicObject> = Api::namespaced_with(client, "t", &resource);
            let (mut names, mut params) = (Vec::new(), ListParams::default().limit(50));
            loop {
                let page = api.list(&params).await.unwrap();
                names.extend(page.items.into_iter().filter_map(|item| item.metadata.name));
                match page.metadata.continue_ {
                    Some(next) => params = params.continue_token(&next),
                    None => return names,
                }
            }
        };
        let names = runtime.block_on(work);
        let expected: Vec<String> = (0..sizes.len()).map(|index| format!("o-{index}")).collect();
        assert_eq!(names, expected);
        (names.len(), server.answers.lock().unwrap().clone())
    }

    #[test]
    fn no_page_is_larger_than_there_is_room_for() {
        let mixed: Vec<usize> = (0..200).map(|index| if index % 40 == 39 { 9_000 } else { 10 }).collect();
        // (what, the sizes of the objects, most requests)
        let rows: [(&str, Vec<usize>, usize); 5] = [
            ("small ones come by fifty", vec![10; 200], 4),
            ("large ones by few", vec![3_000; 100], 50),
            ("one that is larger alone", vec![10, 30_000, 10], 12),
            ("here and there a large one", mixed, 80),
            ("none", Vec::new(), 1),
        ];
        for (what, sizes, most) in rows {
            let (count, answers) = listed(&sizes);
            assert_eq!(count, sizes.len(), "{what}");
            assert!(answers.len() <= most, "{what}: {answers:?}");
            // What was too large was let go of: the same objects come once more, until they are few enough or one alone.
            for (index, answer) in answers.iter().enumerate() {
                let is_taken = answer.bytes <= ROOM || answer.objects == 1;
                let next = answers.get(index + 1).map_or(sizes.len(), |next| next.from);
                let expected = if is_taken { answer.from + answer.objects } else { answer.from };
                assert_eq!(next, expected, "{what}: {answers:?}");
            }
        }
    }

    #[test]
    fn a_page_that_is_too_large_is_not_read() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (bytes, room, expected) in [(10, 10, Some(10)), (11, 10, None), (0, 0, Some(0)), (11, usize::MAX, Some(11))] {
            let read = runtime.block_on(read(Body::from(vec![b'x'; bytes]), room)).unwrap();
            assert_eq!(read.map(|text| text.len()), expected, "{bytes} in {room}");
        }
    }

    #[test]
    fn what_is_no_page_passes() {
        let rows = [
            ("GET", "/api/v1/things?limit=50", Some(50)),
            ("GET", "/api/v1/things?&labelSelector=a&limit=50&continue=x", Some(50)),
            ("GET", "/api/v1/things?limit=50&watch=true", None),
            ("GET", "/api/v1/things?limit=0", None),
            ("GET", "/api/v1/things", None),
            ("GET", "/api/v1/things?continue=limit", None),
            ("DELETE", "/api/v1/things?limit=50", None),
        ];
        for (method, uri, expected) in rows {
            let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
            assert_eq!(objects_of_a_page(&request), expected, "{method} {uri}");
        }
        let (head, ()) = Request::builder().uri("https://h:6443/api/v1/things?a=b&limit=50&c=d").body(()).unwrap().into_parts();
        assert_eq!(request(&head, 7).unwrap().uri().to_string(), "https://h:6443/api/v1/things?a=b&limit=7&c=d");
    }
}
