//! The hosts that a command on the worker's machine looks at, and the instances there: those of the server, or those that were
//! named.

use crate::args::GlobalArgs;
use crate::failure::{ExitStatus, Failure};
use crate::inventory::check::is_address;
use crate::output::Output;
use crate::session::Session;
use lockkeeper_client::operations::host::{Host, HostFilter, Hosts};
use lockkeeper_client::operations::instance::{Instance, InstanceFilter, Instances};
use lockkeeper_client::operations::list::ListVariables;
use lockkeeper_client::operations::service::{Service, ServiceFilter, Services};
use std::collections::HashMap;

/// The largest page of a list.
const MAX_PAGE: u32 = 200;

/// A host to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetHost {
    /// Its name at the server, or the address where the server does not have it.
    pub hostname: String,
    /// Where executors reach it.
    pub address: String,
}

/// An instance on one of the hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetInstance {
    /// Its id, as the API writes it.
    pub id: String,
    pub service: String,
    /// The executor of its service.
    pub executor: String,
    pub hostname: String,
    /// The version on record; `None` if none is.
    pub version: Option<String>,
    pub port: Option<u16>,
    pub tag: Option<String>,
}

/// Hosts, and what is on them.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    pub hosts: Vec<FleetHost>,
    pub instances: Vec<FleetInstance>,
}

impl Fleet {
    /// Returns the hosts with these names, and all hosts of the server without any. What is not the name of a host is an
    /// address; so everything is, where no server is known yet.
    ///
    /// # Errors
    /// If the server is needed, or known, and cannot be asked; or if a text is neither a name nor an address.
    pub async fn of(named: &[String], globals: &GlobalArgs, output: &Output) -> Result<Fleet, Failure> {
        if let Some(wrong) = named.iter().find(|name| !is_address(name)) {
            return Err(Failure::usage(format!("{wrong:?} is neither the name of a host nor an address."))
                .help("lockkeeper hosts"));
        }
        let by_address = |name: &String| FleetHost { hostname: name.clone(), address: name.clone() };
        let session = match Session::open(globals, output) {
            Ok(session) => session,
            // Nobody is logged in: this may be done before there is a server.
            Err(failure) if failure.status == ExitStatus::Usage && !named.is_empty() && globals.context.is_none() => {
                return Ok(Fleet { hosts: named.iter().map(by_address).collect(), instances: Vec::new() });
            }
            Err(failure) => return Err(failure),
        };
        let hosts = hosts(&session, named).await?;
        if named.is_empty() && hosts.is_empty() {
            return Err(Failure::usage("The server has no hosts.").help("lockkeeper hosts import --help"));
        }
        let instances = instances(&session, named).await?;
        if named.is_empty() {
            return Ok(Fleet { hosts, instances });
        }
        let by_name: HashMap<String, FleetHost> =
            hosts.into_iter().map(|host| (host.hostname.to_ascii_lowercase(), host)).collect();
        let of = |name: &String| by_name.get(&name.to_ascii_lowercase()).cloned().unwrap_or_else(|| by_address(name));
        Ok(Fleet { hosts: named.iter().map(of).collect(), instances })
    }
}

/// The hosts with these names, or all.
async fn hosts(session: &Session, named: &[String]) -> Result<Vec<FleetHost>, Failure> {
    let filter = HostFilter { hostnames: some(named), ..HostFilter::default() };
    let (mut hosts, mut after) = (Vec::new(), None);
    loop {
        let variables = ListVariables { first: MAX_PAGE, after, filter: filter.clone() };
        let page = session.call::<Hosts>(&variables).await?.payload;
        hosts.extend(page.nodes.into_iter().map(|Host { hostname, address, .. }| FleetHost { hostname, address }));
        after = page.page_info.next();
        if after.is_none() {
            return Ok(hosts);
        }
    }
}

/// The instances on the hosts with these names, or on all.
async fn instances(session: &Session, named: &[String]) -> Result<Vec<FleetInstance>, Failure> {
    let executors = executors(session).await?;
    let filter = InstanceFilter { hostnames: some(named), ..InstanceFilter::default() };
    let (mut instances, mut after) = (Vec::new(), None);
    loop {
        let variables = ListVariables { first: MAX_PAGE, after, filter: filter.clone() };
        let page = session.call::<Instances>(&variables).await?.payload;
        let instance = |instance: Instance| {
            let Instance { id, service, host, version, port, tag, .. } = instance;
            let executor = executors.get(&service).cloned().unwrap_or_default();
            FleetInstance { id, service, executor, hostname: host.hostname, version, port, tag }
        };
        instances.extend(page.nodes.into_iter().map(instance));
        after = page.page_info.next();
        if after.is_none() {
            return Ok(instances);
        }
    }
}

/// The executor of each service.
async fn executors(session: &Session) -> Result<HashMap<String, String>, Failure> {
    let (mut executors, mut after) = (HashMap::new(), None);
    loop {
        let variables = ListVariables { first: MAX_PAGE, after, filter: ServiceFilter::default() };
        let page = session.call::<Services>(&variables).await?.payload;
        executors.extend(page.nodes.into_iter().map(|Service { name, executor, .. }| (name, executor)));
        after = page.page_info.next();
        if after.is_none() {
            return Ok(executors);
        }
    }
}

/// The value of a filter by names.
fn some(named: &[String]) -> Option<Vec<String>> {
    (!named.is_empty()).then(|| named.to_vec())
}
