using ActorDcp.Persistence;

namespace ActorDcp.Hosting.Runtime;

/// <summary>Makes the offset table's store over the member's database; a seam for tests that plant faults.</summary>
internal delegate IOffsetStore OffsetStoreFactory(PersistenceDatabase database);
