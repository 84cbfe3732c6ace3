resource "google_storage_bucket_iam_member" "m" {
  bucket = "b"
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:a@b.iam.gserviceaccount.com"
}
resource "google_compute_firewall" "ssh" {
  network       = google_compute_network.n.name
  source_ranges = ["10.0.0.0/8"]
  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}
