namespace ActorDcp;

/// <summary>A snapshot marker and the index of the first event of its batch that it covers.</summary>
public readonly record struct PlacedMarker(int Index, SnapshotMarker Marker);
