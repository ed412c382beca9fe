using System.Collections.Immutable;

namespace ActorDcp.Producer.Topology;

/// <summary>Members and layout as a data folder keeps them.</summary>
/// <param name="Revision">Of the last map.</param>
/// <param name="NextNode">Id of the next node to come.</param>
/// <param name="Nodes">Ids of the members.</param>
/// <param name="Layout">Who holds what.</param>
internal sealed record KeptCluster(long Revision, int NextNode, ImmutableArray<int> Nodes, VBucketLayout Layout);
