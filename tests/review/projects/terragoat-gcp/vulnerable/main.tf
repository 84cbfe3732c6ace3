resource "google_storage_bucket_iam_member" "m" {
  bucket = "b"
  role   = "roles/storage.objectViewer"
  member = "allUsers" # expect: tf-gcp-storage-public
}
resource "google_compute_firewall" "ssh" {
  network       = "default"
  source_ranges = ["0.0.0.0/0"] # expect: tf-gcp-firewall-ssh
  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}
resource "google_sql_database_instance" "db" {
  database_version = "POSTGRES_15"
  settings {
    tier = "db-f1-micro"
    ip_configuration {
      ipv4_enabled = true # expect: tf-gcp-sql-public-address
      require_ssl  = false # expect: tf-gcp-sql-tls
      authorized_networks {
        value = "0.0.0.0/0" # expect: tf-gcp-sql-open
      }
    }
    backup_configuration {
      enabled = false # expect: tf-gcp-sql-backup
    }
  }
}
resource "google_project_iam_member" "p" {
  role   = "roles/editor" # expect: tf-gcp-iam-owner
  member = "serviceAccount:a@b.iam.gserviceaccount.com"
}
resource "google_cloudfunctions_function_iam_member" "f" {
  role   = "roles/cloudfunctions.invoker"
  member = "allUsers" # expect: tf-gcp-function-public
}
resource "google_container_cluster" "c" {
  name               = "c"
  enable_legacy_abac = true # expect: tf-gcp-gke-legacy-abac
}
