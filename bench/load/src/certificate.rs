//! A certificate for servers under test.

use crate::Result;
use crate::config::Certificate;
use std::fs;

/// Writes a self-signed certificate and its key.
pub fn run(config: &Certificate) -> Result<()> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certified = rcgen::generate_simple_self_signed(names)?;
    fs::create_dir_all(&config.folder)?;
    fs::write(config.folder.join("certificate.pem"), certified.cert.pem())?;
    fs::write(
        config.folder.join("key.pem"),
        certified.signing_key.serialize_pem(),
    )?;
    Ok(())
}
