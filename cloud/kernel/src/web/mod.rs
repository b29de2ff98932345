//! What every page stands on: whose visit it is, how failures are told, and who may post.

mod failure;
mod file_form;
mod observe;
mod origin;
mod visit;

pub use failure::Failure;
pub use file_form::FileForm;
pub use observe::{REQUEST_ID, observe};
pub use origin::refuse_cross_origin;
pub use visit::{
    NothingSecret, Personal, Visit, choose_language, choose_theme, chosen_language, know_visitor, local_path,
    only_where_used, sign_in_path,
};
