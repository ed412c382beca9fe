namespace ActorDcp.Producer.Buckets;

internal enum StoreMode
{
    Set,
    Add,
    Replace,
}
