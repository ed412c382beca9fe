using ActorDcp.Producer.Buckets;
using ActorDcp.Producer.Connections;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Access;

/// <summary>Which privilege each command needs, and the answer to a user who has it not.</summary>
internal static class CommandPrivileges
{
    /// <summary>Lets a command through, or refuses it.</summary>
    public static bool TryAdmit(ClientConnection connection, Bucket bucket, in Frame frame)
    {
        var rights = connection.Rights;
        if (rights.IsUnlimited)
            return true;
        var needed = NeededFor(frame.Header.Opcode);
        if (needed == ProducerPrivileges.None)
            return true;
        var missing = needed & ~rights.Privileges;
        if (missing == 0 && MayTouch(connection, bucket, rights, frame))
            return true;
        connection.RefuseAccess(frame.Header, LowestOf(missing != 0 ? missing : needed));
        return false;
    }

    private static bool MayTouch(ClientConnection connection, Bucket bucket, UserRights rights, in Frame frame)
    {
        if (rights.Collections is not { } allowed || !IsOfDocuments(frame.Header.Opcode))
            return true;
        var collection = connection.Features.Collections ? VBucket.CollectionOf(frame.Key) : 0;
        // one that is not there is refused as such
        return allowed.Contains(collection) || !bucket.Collections.Current.HasCollection(collection);
    }

    private static bool IsOfDocuments(Opcode opcode) => opcode is not (Opcode.Stat or (>= Opcode.DcpOpen and <= Opcode.DcpCacheTransferEnd));

    private static ProducerPrivileges NeededFor(Opcode opcode) => opcode switch
    {
        Opcode.Get or Opcode.GetQ or Opcode.GetK or Opcode.GetKQ or Opcode.GetReplica or Opcode.GetRandomKey
            or Opcode.GetKeys or Opcode.GetEx or Opcode.GetExReplica => ProducerPrivileges.Read,
        Opcode.Set or Opcode.SetQ or Opcode.Replace or Opcode.ReplaceQ or Opcode.Append or Opcode.AppendQ
            or Opcode.Prepend or Opcode.PrependQ or Opcode.Touch or Opcode.UnlockKey => ProducerPrivileges.Upsert,
        Opcode.Add or Opcode.AddQ => ProducerPrivileges.Insert,
        Opcode.Delete or Opcode.DeleteQ => ProducerPrivileges.Delete,
        Opcode.Increment or Opcode.IncrementQ or Opcode.Decrement or Opcode.DecrementQ or Opcode.Gat or Opcode.GatQ
            or Opcode.GetLocked =>
            ProducerPrivileges.Read | ProducerPrivileges.Upsert,
        Opcode.GetMeta or Opcode.GetQMeta => ProducerPrivileges.MetaRead,
        Opcode.SetWithMeta or Opcode.SetQWithMeta or Opcode.AddWithMeta or Opcode.AddQWithMeta or Opcode.DelWithMeta
            or Opcode.DelQWithMeta or Opcode.ReturnMeta or Opcode.MutateWithMeta => ProducerPrivileges.MetaWrite,
        Opcode.SubdocGet or Opcode.SubdocExists or Opcode.SubdocGetCount or Opcode.SubdocMultiLookup => ProducerPrivileges.Read,
        >= Opcode.SubdocGet and <= Opcode.SubdocReplaceBodyWithXattr => ProducerPrivileges.Upsert,
        Opcode.SetVBucket or Opcode.DelVBucket or Opcode.SetClusterConfig or Opcode.SetCollectionsManifest => ProducerPrivileges.NodeSupervisor,
        Opcode.Stat => ProducerPrivileges.SimpleStats,
        Opcode.DcpOpen => ProducerPrivileges.DcpProducer,
        _ => ProducerPrivileges.None,
    };

    private static ProducerPrivileges LowestOf(ProducerPrivileges privileges) => (ProducerPrivileges)((int)privileges & -(int)privileges);
}
