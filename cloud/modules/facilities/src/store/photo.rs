//! Photos and their prints.

use cloud_kernel::TenantTx;
use cloud_photos::Print;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{FacilityId, PhotoId, ResourceId};

use super::{read, write};

/// A photo as pages show it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) id: PhotoId,
    /// `None` is the facility itself.
    pub(crate) resource: Option<ResourceId>,
    /// What it shows, for those who do not see it.
    pub(crate) alt: String,
    /// Width and height of each print, the smallest first.
    pub(crate) sizes: Vec<(u32, u32)>,
}

impl Shown {
    /// The path of the largest print.
    pub(crate) fn src(&self) -> String {
        self.path(self.sizes.last().map_or(0, |(width, _)| *width))
    }

    /// The path of a print.
    pub(crate) fn path(&self, width: u32) -> String {
        format!("/photos/{}/{width}", self.id)
    }
}

/// A facility's photos, the oldest first.
pub(crate) async fn photos(tx: &mut TenantTx, facility: FacilityId) -> Result<Vec<Shown>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT p.id, p.resource_id, p.alt,
                  ARRAY(SELECT i.width_px FROM facilities.photo_image i
                         WHERE i.tenant_id = p.tenant_id AND i.photo_id = p.id ORDER BY i.width_px) AS "widths!",
                  ARRAY(SELECT i.height_px FROM facilities.photo_image i
                         WHERE i.tenant_id = p.tenant_id AND i.photo_id = p.id ORDER BY i.width_px) AS "heights!"
             FROM facilities.photo p WHERE p.facility_id = $1 ORDER BY p.created_at, p.id"#,
        facility.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let sizes = row.widths.into_iter().zip(row.heights);
            let sizes = sizes.map(|(width, height)| Ok((read(width)?, read(height)?)));
            Ok(Shown {
                id: PhotoId::new(row.id),
                resource: row.resource_id.map(ResourceId::new),
                alt: row.alt,
                sizes: sizes.collect::<Result<_, sqlx::Error>>()?,
            })
        })
        .collect()
}

/// Keeps a photo.
pub(crate) async fn insert_photo(
    tx: &mut TenantTx,
    id: PhotoId,
    facility: FacilityId,
    resource: Option<ResourceId>,
    alt: &str,
    prints: &[Print],
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO facilities.photo (tenant_id, id, facility_id, resource_id, alt, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        tenant,
        id.uuid(),
        facility.uuid(),
        resource.map(ResourceId::uuid),
        alt,
        now as _
    )
    .execute(tx.conn())
    .await?;
    for print in prints {
        sqlx::query!(
            "INSERT INTO facilities.photo_image (tenant_id, photo_id, width_px, height_px, jpeg)
             VALUES ($1, $2, $3, $4, $5)",
            tenant,
            id.uuid(),
            write::<_, i32>(print.width)?,
            write::<_, i32>(print.height)?,
            print.jpeg
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Takes a photo away; whether it was there.
pub(crate) async fn delete_photo(
    tx: &mut TenantTx,
    facility: FacilityId,
    id: PhotoId,
) -> Result<bool, sqlx::Error> {
    sqlx::query!(
        "DELETE FROM facilities.photo_image i USING facilities.photo p
          WHERE p.tenant_id = i.tenant_id AND p.id = i.photo_id AND p.facility_id = $1 AND p.id = $2",
        facility.uuid(),
        id.uuid()
    )
    .execute(tx.conn())
    .await?;
    let done = sqlx::query!(
        "DELETE FROM facilities.photo WHERE facility_id = $1 AND id = $2",
        facility.uuid(),
        id.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// One print's file.
pub(crate) async fn print(
    tx: &mut TenantTx,
    id: PhotoId,
    width: i32,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT jpeg FROM facilities.photo_image WHERE photo_id = $1 AND width_px = $2",
        id.uuid(),
        width
    )
    .fetch_optional(tx.conn())
    .await
}
