//! A whole charger with a page to look at it: see README.md.

mod fleet;
mod options;
mod web;

use clap::Parser;
use options::Options;
use std::error::Error;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    if let Some(code) = fleet::run_if_asked() {
        return code;
    }
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let place = web::Place::open(options.listen, options.token).await?;
    println!("the page: {}", place.url()?);
    let (commands, mut requests) = tokio::sync::mpsc::channel::<web::Request>(64);
    let feed = web::Feed::new();
    tokio::spawn(async move {
        while let Some(request) = requests.recv().await {
            let _ = request.replies.send(request.line);
        }
    });
    place.serve(web::Site { html: include_str!("../page/index.html"), files: &[], feed, commands }).await?;
    Ok(())
}
