namespace ActorDcp.VBuckets.State;

/// <summary>A collection of the filter that the vbucket is read without: dropped, or hidden from the user, which nobody can tell apart.</summary>
/// <param name="Id">Its number, which no other collection of the bucket ever gets.</param>
/// <param name="From">Position up to which its changes were read.</param>
internal readonly record struct LeftOutCollection(uint Id, StreamOffset From);
